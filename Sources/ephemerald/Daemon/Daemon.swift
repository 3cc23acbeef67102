import EphemeraldCore
import EventLoop
import Glibc
import HTTP
import Locking
import Logging
import OpenAISandbox
import Sessions
import Settings
import System
import Text

/// The running service: one worker for each loop, the sandbox if there is one, and the handling of signals.
final class Daemon: @unchecked Sendable {
    // `@unchecked`: belongs to the main thread, which is that of the first worker's loop.
    /// Signals after which the daemon goes on.
    static let orders = [SIGHUP, SIGUSR1, SIGUSR2]
    private static let signals = [SIGTERM, SIGINT] + orders

    let logger: Logger
    private let diagnostics: Diagnostics
    let supervisor: Supervisor
    let usageLog: UsageLogFile
    let common: CommonState
    let workers: [Worker]
    let sandbox: SandboxServer?
    /// The address of the listening socket, even if the settings have changed since.
    let address: ListeningAddress
    /// The source that a reload reads.
    let source: Settings.Source
    /// The configuration in effect.
    var configuration: Configuration
    var workerSettings: WorkerSettings
    var isReloading = false
    /// The cause of another reload, which follows the one that is under way.
    var nextReload: ReloadCause?
    /// Whether the last reading did not take effect.
    var isRefused = false
    /// The findings of the last reading, which the log has.
    var knownFindings: KnownFindings
    private var watch: ConfigurationWatch?
    private let ownsSocketFile: Bool
    private let operations: OperationsListener?
    /// One for each worker; none when nothing is sent.
    private let exporters: [TelemetryExporter]
    private var signalWatch: SignalWatch?
    private var watchdog: Watchdog?
    private(set) var isStopping = false
    /// The timer until the socket closes; nil before and after.
    private var drainTimer: Timer?

    /// Blocks all signals, so that the loop gets them. It is called before the first thread starts, because a thread that
    /// does not block a signal gets it directly, and after everything that may take long: SIGTERM and SIGINT end the start.
    private static func blockSignals() throws(StartFailure) {
        do throws(SystemError) { try SignalWatch.block(signals) } catch {
            throw StartFailure(outcome: .unavailable, message: "\(error)")
        }
    }

    /// Opens everything whose opening can fail: the log, the listening sockets, the loops.
    /// - Parameter listener: nil to listen at `HOST` and `PORT`.
    init(
        _ configuration: Configuration, from source: Settings.Source, diagnostics: Diagnostics,
        supervisor: Supervisor, listener: consuming Listener?
    ) throws(StartFailure) {
        let settings = configuration.settings
        self.configuration = configuration
        knownFindings = KnownFindings(configuration.findings)
        self.source = source
        self.diagnostics = diagnostics
        logger = diagnostics.logger(at: settings.output.logLevel)
        self.supervisor = supervisor
        DescriptorLimit.raise()
        do throws(SystemError) {
            usageLog = try UsageLogFile(settings.output.usageLog)
        } catch {
            let path = settings.output.usageLog.description
            let reason = UsageLogFile.words(for: error, at: path)
            throw StartFailure(outcome: .configuration, message: "USAGE_LOG: \(path.shown): \(reason)")
        }
        let safety = try Daemon.safety(settings, logger: logger)
        let journal = try Daemon.journal(settings, logger: logger)
        let denials = try Daemon.denials(settings)
        try Daemon.blockSignals()
        let opened = try Daemon.listener(listener, or: settings.listening)
        address = opened.address
        ownsSocketFile = !opened.isInherited
        do throws(SystemError) {
            let loops = try Daemon.loops(settings.listening.loops)
            sandbox = try SandboxServer(settings.sandbox, on: loops[0])
            common = CommonState(
                configuration, logger: logger, usageLog: usageLog, ledger: journal?.ledger ?? QuotaLedger(),
                denials: DenyRegister(denials.file, denials.entries, on: loops[0], logger: logger), on: loops[0])
            workerSettings = WorkerSettings(configuration, safety: safety, sandboxURL: sandbox?.baseURL)
            common.callWork.adopt(workerSettings)
            common.upstreamState.keys.adopt(
                workerSettings.upstream.namedKeys, now: Surroundings.monotonicNanoseconds())
            if let journal { Daemon.restore(journal.calls, to: common, on: loops[0], logger: logger) }
            workers = try Daemon.workers(on: loops, listener: opened, under: workerSettings, common: common)
        } catch {
            throw StartFailure(outcome: .unavailable, message: "cannot start: \(error)")
        }
        operations = try Daemon.operations(at: settings.listening, for: workers, common)
        exporters = Daemon.exporters(for: workers, common)
    }

    /// Serves until SIGTERM or SIGINT, then drains and returns. The calling thread becomes that of the first loop.
    func run() throws(StartFailure) {
        do throws(SystemError) {
            let loop = workers[0].loop
            signalWatch = try SignalWatch(Daemon.signals, on: loop) { [unowned self] in handle($0) }
            let threads = try workers.dropFirst().enumerated().map { index, worker throws(SystemError) in
                try EventLoopThread(running: worker.loop, name: "loop \(index + 1)")
            }
            logStart()
            loop.submit { [self] in begin() }
            // Not awaited: a provider of keys that is down must not keep the daemon from starting.
            Task(executorPreference: loop) { [workers] in await workers[0].prepare() }
            loop.run()
            for thread in threads { thread.join() }
            watch?.end()
            common.denials.end()
        } catch {
            throw StartFailure(outcome: .unavailable, message: "cannot run: \(error)")
        }
    }

    private func logStart() {
        let place = ownsSocketFile ? "\(address)" : "\(address) (inherited)"
        if diagnostics.isForPeople {
            logger.info("listening on \(place)")
            let guide = StartGuide(configuration, at: address, program: CommandLine.arguments.first ?? "ephemerald")
            if logger.logLevel <= .info { diagnostics.write(guide.lines) }
        } else {
            logger.info("listening on \(place)", metadata: configuration.startMetadata(sandboxURL: sandbox?.baseURL))
        }
        if common.mintingSwitch.isPaused { logger.warning("minting is paused; SIGUSR2 resumes it") }
    }

    /// Notifies the service manager that the loops run, and starts the file watch and the watchdog.
    private func begin() {
        supervisor.notify(.ready(status: "listening on \(address)"))
        for (worker, exporter) in zip(workers, exporters) { worker.loop.submit { exporter.begin() } }
        common.denials.begin(watching: configuration.settings.watchesFiles)
        if configuration.settings.watchesFiles {
            let loop = workers[0].loop
            watch = ConfigurationWatch(source, logger: logger) { [self] in loop.submit { self.reload(.files) } }
        }
        guard let limit = supervisor.watchdog else { return }
        let watchdog = Watchdog(limit: limit, loops: workers.map(\.loop)) { [supervisor] in
            supervisor.notify(.alive)
        }
        self.watchdog = watchdog
        watchdog.start()
    }

    private func handle(_ signal: CInt) {
        switch signal {
        case SIGHUP: reload(.signal)
        case SIGUSR1: pause(true)
        case SIGUSR2: pause(false)
        default:
            if isStopping { endAtOnce() } else { stop() }
        }
    }

    private func pause(_ isPaused: Bool) {
        common.mintingSwitch.isPaused = isPaused
        logger.warning(isPaused ? "minting is paused; SIGUSR2 resumes it" : "minting is resumed")
    }

    /// Makes readiness fail. After the delay the socket closes.
    private func stop() {
        isStopping = true
        common.state.beginDraining()
        if endsCalls { common.calls.close() }
        let listening = configuration.settings.listening
        logger.info(
            "draining",
            metadata: [
                "ephemerald.drain.delay": "\(listening.drainDelay.inSettings)",
                "ephemerald.drain.timeout": "\(listening.drainTimeout.inSettings)",
            ])
        supervisor.notify(.stopping(status: "draining"))
        for worker in workers { worker.loop.submit { worker.leave() } }
        guard listening.drainDelay > .zero else { return drain() }
        drainTimer = workers[0].loop.after(listening.drainDelay) { [unowned self] in drain() }
    }

    private func drain() {
        drainTimer = nil
        // Before the socket closes: after that, the file may be that of the next daemon.
        if ownsSocketFile { address.removeSocketFile() }
        let (workers, sandbox, operations, exporters) = (workers, sandbox, operations, exporters)
        let timeout = configuration.settings.listening.drainTimeout
        let deadline = ContinuousClock.now + timeout
        if endsCalls { _ = common.calls.endAll(.exit) }
        Task(executorPreference: workers[0].loop) { [self] in
            await withTaskGroup(of: Void.self) { group in
                for worker in workers {
                    group.addTask(executorPreference: worker.loop) { await worker.drain(timeout: timeout) }
                }
            }
            await finishCalls(until: deadline)
            // A creation whose client has gone was still under way.
            await withTaskGroup(of: Void.self) { group in
                for worker in workers { group.addTask(executorPreference: worker.loop) { worker.close() } }
            }
            common.recordRefusals()
            await withTaskGroup(of: Void.self) { group in
                for (worker, exporter) in zip(workers, exporters) {
                    group.addTask(executorPreference: worker.loop) { await exporter.finish(within: .seconds(1)) }
                }
            }
            await sandbox?.stop()
            await operations?.stop()
            watchdog?.stop()
            for worker in workers { worker.loop.stop() }
        }
    }

    /// Ends the process with requests in flight, because libmicrohttpd cannot be stopped then. Usage lines are not buffered,
    /// so none is lost.
    private func endAtOnce() -> Never {
        logger.warning("a second signal: ended without waiting for requests in flight")
        recordEndings()
        common.recordRefusals()
        if ownsSocketFile, drainTimer != nil { address.removeSocketFile() }
        _exit(Outcome.cut.rawValue)
    }
}
