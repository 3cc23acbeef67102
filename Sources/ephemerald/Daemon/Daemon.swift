import EphemeraldCore
import EventLoop
import Glibc
import HTTP
import Locking
import Logging
import MicroHTTPD
import OpenAISandbox
import Sessions

/// The running service: one worker a loop, the sandbox when there is one, and what signals do.
final class Daemon: @unchecked Sendable {
    // `@unchecked`: belongs to the main thread, which is that of the first worker's loop.
    private static let signals = [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2]

    private let settings: Settings
    private let logger: Logger
    private let usageLog: UsageLogFile
    private let mintingSwitch: MintingSwitch
    private let workers: [Worker]
    private let sandbox: SandboxServer?
    private let operations: OperationsListener?
    private var signalWatch: SignalWatch?
    private var isStopping = false

    static func blockSignals() throws(StartFailure) {
        do throws(SystemError) { try SignalWatch.block(signals) } catch {
            throw StartFailure(outcome: .unavailable, words: "\(error)")
        }
    }

    /// Opens everything that can fail: the log, the listening sockets, the loops.
    init(_ settings: Settings, sessions: SessionCatalog, logger: Logger) throws(StartFailure) {
        self.settings = settings
        self.logger = logger
        DescriptorLimit.raise()
        do throws(SystemError) {
            usageLog = try UsageLogFile(settings.output.usageLog)
        } catch {
            throw StartFailure(outcome: .configuration, words: "USAGE_LOG: \(error)")
        }
        let safety = try Daemon.safety(settings, logger: logger)
        let common: CommonState
        let ledger = try Daemon.ledger(settings, logger: logger)
        do throws(SystemError) {
            let loops = try Daemon.loops(settings.listening.loops)
            sandbox = try SandboxServer(settings.sandbox, on: loops[0])
            common = CommonState(
                settings, sessions: sessions, logger: logger, usageLog: usageLog, sandboxURL: sandbox?.baseURL,
                safety: safety, ledger: ledger)
            mintingSwitch = common.mintingSwitch
            workers = try Daemon.workers(on: loops, common: common, settings: settings)
        } catch {
            throw StartFailure(
                outcome: .unavailable, words: "cannot listen on \(settings.listening.address): \(error)")
        }
        operations = try Daemon.operations(at: settings.listening.operations, for: workers, common)
    }

    /// Serves until SIGTERM or SIGINT, then drains and returns. The calling thread becomes the first loop's.
    func run() throws(StartFailure) {
        do throws(SystemError) {
            let loop = workers[0].loop
            signalWatch = try SignalWatch(Daemon.signals, on: loop) { [unowned self] in handle($0) }
            let threads = try workers.dropFirst().enumerated().map { index, worker throws(SystemError) in
                try EventLoopThread(running: worker.loop, name: "loop \(index + 1)")
            }
            logStart()
            // Nobody waits for it: a provider that is away must not keep the daemon from starting.
            Task(executorPreference: loop) { [workers] in await workers[0].prepare() }
            loop.run()
            for thread in threads { thread.join() }
        } catch {
            throw StartFailure(outcome: .unavailable, words: "cannot run: \(error)")
        }
    }

    private func logStart() {
        let upstream = sandbox.map { "the sandbox at \($0.baseURL)" } ?? "\(settings.upstream.baseURL)"
        let sessions = workers[0].sessionNames.joined(separator: ", ")
        logger.info(
            "listening on \(workers[0].address), loops \(workers.count), upstream \(upstream), sessions \(sessions)")
        if mintingSwitch.isPaused { logger.warning("minting is paused; SIGUSR2 resumes it") }
    }

    private func handle(_ signal: CInt) {
        switch signal {
        case SIGHUP:
            do throws(SystemError) { try usageLog.reopen() } catch {
                logger.error("the usage log stays as it is: \(error)")
            }
        case SIGUSR1: pause(true)
        case SIGUSR2: pause(false)
        default:
            if !isStopping { stop() }
        }
    }

    private func pause(_ isPaused: Bool) {
        mintingSwitch.isPaused = isPaused
        logger.warning(isPaused ? "minting is paused; SIGUSR2 resumes it" : "minting is resumed")
    }

    private func stop() {
        isStopping = true
        // Before the socket closes: behind that, the file may be that of the next daemon.
        workers[0].address.removeSocketFile()
        logger.info("draining", metadata: ["timeout": "\(settings.listening.drainTimeout)"])
        let (workers, sandbox, operations) = (workers, sandbox, operations)
        let timeout = settings.listening.drainTimeout
        Task(executorPreference: workers[0].loop) {
            await withTaskGroup(of: Void.self) { group in
                for worker in workers {
                    group.addTask(executorPreference: worker.loop) { await worker.drain(timeout: timeout) }
                }
            }
            await sandbox?.stop()
            await operations?.stop()
            for worker in workers { worker.loop.stop() }
        }
    }

    private static func safety(_ settings: Settings, logger: Logger) throws(StartFailure) -> SafetyIdentifier {
        switch settings.upstream.safetySalt {
        case .kept(let safety): return safety
        case .made(let path):
            do throws(InvalidValue) { return try SafetySaltFile.open(path) } catch {
                throw StartFailure(outcome: .configuration, words: "SAFETY_SALT_FILE: \(path): \(error.reason)")
            }
        case .ofThisProcess:
            if settings.sandbox == nil {
                logger.warning(
                    "no SAFETY_SALT_FILE and no STATE_DIRECTORY: safety identifiers change with every restart")
            }
            return SafetyIdentifier(salt: SafetyIdentifier.randomSalt())
        }
    }

    private static func operations(
        at address: ListeningAddress?, for workers: [Worker], _ common: CommonState
    ) throws(StartFailure) -> OperationsListener? {
        guard let address else { return nil }
        let loops = workers.map(\.metrics)
        do throws(SystemError) {
            return try OperationsListener(on: workers[0].loop, at: address) { common.families(loops) }
        } catch {
            throw StartFailure(
                outcome: .unavailable, words: "cannot listen on \(address) for metrics (OPS_HOST, OPS_PORT): \(error)")
        }
    }

    /// What today's tokens have taken from the quotas already.
    private static func ledger(_ settings: Settings, logger: Logger) throws(StartFailure) -> QuotaLedger {
        guard !settings.limits.quotas.areOff, case .file(let path) = settings.output.usageLog else {
            return QuotaLedger()
        }
        do throws(SystemError) {
            let journal = try Journal(of: path, quotas: settings.limits.quotas, today: .today)
            for warning in journal.warnings { logger.warning("\(warning)") }
            logger.info("quotas: \(journal.mintsOfToday) tokens of today stand in the usage log")
            return journal.ledger
        } catch {
            throw StartFailure(
                outcome: .configuration, words: "USAGE_LOG: quotas cannot be counted from it: \(error)")
        }
    }

    private static func loops(_ count: Int) throws(SystemError) -> [EventLoop] {
        var loops: [EventLoop] = []
        for _ in 0..<count { loops.append(try EventLoop()) }
        return loops
    }

    private static func workers(
        on loops: [EventLoop], common: CommonState, settings: Settings
    ) throws(SystemError) -> [Worker] {
        var address = settings.listening.address
        let first = try address.listen()
        if case .tcp(let host, 0) = address { address = .tcp(host: host, port: try boundPort(of: first)) }
        var workers: [Worker] = []
        for loop in loops.dropFirst() {
            workers.append(
                try Worker(on: loop, listeningOn: try address.listenAgain(beside: first), at: address, common))
        }
        workers.insert(try Worker(on: loops[0], listeningOn: first, at: address, common), at: 0)
        return workers
    }
}
