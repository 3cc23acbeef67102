import EphemeraldCore
import EventLoop
import Logging
import Sessions
import Settings
import System
import Text

extension Daemon {
    static func safety(_ settings: Settings, logger: Logger) throws(StartFailure) -> SafetyIdentifier {
        switch settings.upstream.safetySalt {
        case .kept(let safety): return safety
        case .made(let path):
            do throws(Invalid) { return try SafetySaltFile.open(path) } catch {
                throw StartFailure(outcome: .configuration, message: "SAFETY_SALT_FILE: \(path): \(error.reason)")
            }
        case .ofThisProcess:
            if settings.sandbox == nil {
                logger.warning(
                    "no SAFETY_SALT_FILE and no STATE_DIRECTORY: safety identifiers change with every restart")
            }
            return SafetyIdentifier(salt: SafetyIdentifier.randomSalt())
        }
    }

    /// The file of the deny-list, and whom it denies.
    static func denials(_ settings: Settings) throws(StartFailure) -> (file: DenyFile?, entries: DenyList.Entries) {
        guard let file = settings.limits.denyFile.map({ DenyFile(path: $0) }) else { return (nil, [:]) }
        do throws(Invalid) { return (file, try file.read() ?? [:]) } catch {
            throw StartFailure(
                outcome: .configuration, message: "\(Setting.denyFile): \(file.path.shown): \(error.reason)")
        }
    }

    static func loops(_ count: Int) throws(SystemError) -> [EventLoop] {
        var loops: [EventLoop] = []
        for _ in 0..<count { loops.append(try EventLoop()) }
        return loops
    }

    /// What the usage log says about the quotas and the calls; nil where it is not a file, and where it
    /// cannot be read and no quota needs it.
    static func journal(_ settings: Settings, logger: Logger) throws(StartFailure) -> Journal? {
        let hasQuotas = settings.limits.hasQuotas
        guard case .file(let path) = settings.output.usageLog, InputFile.isRegularOrMissing(path) else { return nil }
        do throws(SystemError) {
            let (quotas, spending) = (settings.limits.quotas, settings.limits.spending)
            let journal = try Journal(of: path, quotas: quotas, spending: spending, today: .today)
            for warning in journal.warnings { logger.warning("\(warning)") }
            if !quotas.areOff { logger.info("quotas: \(journal.mintsOfToday) tokens of today are in the usage log") }
            if !spending.areOff { logger.info("money: \(journal.moneyOfToday) of today is in the usage log") }
            return journal
        } catch {
            guard hasQuotas else {
                // Calls of an earlier process are then ended by the upstream; that must not keep tokens away.
                logger.warning("USAGE_LOG: the calls of an earlier process cannot be read from it: \(error)")
                return nil
            }
            throw StartFailure(
                outcome: .configuration, message: "USAGE_LOG: quotas cannot be counted from it: \(error)")
        }
    }

    /// The listener for metrics and readiness; nil when it is off. It runs on the loop of the first worker, whose readiness
    /// it reports.
    static func operations(
        at listening: Settings.Listening, for workers: [Worker], _ common: CommonState
    ) throws(StartFailure) -> OperationsListener? {
        guard let address = listening.operations else { return nil }
        let loops = workers.map(\.metrics)
        do throws(SystemError) {
            return try OperationsListener(
                on: workers[0].loop, at: address, socketMode: listening.socketMode,
                readiness: { [worker = workers[0]] in worker.detailedReadiness() },
                families: { common.families(loops) }, calls: common.calls,
                counted: { common.countedFamilies(loops) },
                status: { common.status(loops, hour: $0, readiness: $1) },
                denials: DenyOperations(
                    common.denials.list, now: { Int(Surroundings.unixMilliseconds() / 1_000) },
                    carryOut: { await common.denials.carryOut($0) }))
        } catch {
            throw StartFailure(cannotListenOn: address, error, host: .operationsHost, port: .operationsPort)
        }
    }

    /// What sends metrics and spans: one for each worker, of which the first sends the metrics of all. None when nothing is
    /// sent.
    static func exporters(for workers: [Worker], _ common: CommonState) -> [TelemetryExporter] {
        guard let telemetry = common.telemetry else { return [] }
        let loops = workers.map(\.metrics)
        let families: @Sendable () -> [MetricFamily] = { common.families(loops) }
        return workers.enumerated().map { index, worker in
            TelemetryExporter(
                telemetry, on: worker.loop, spans: worker.metrics.spans, families: index == 0 ? families : nil)
        }
    }

    /// The listener that was handed over, or a new one.
    static func listener(
        _ inherited: consuming Listener?, or listening: Settings.Listening
    ) throws(StartFailure) -> Listener {
        if let inherited { return inherited }
        do throws(SystemError) { return try Listener(at: listening.address, socketMode: listening.socketMode) } catch {
            let failure = StartFailure(cannotListenOn: listening.address, error, host: .host, port: .port)
            // Another daemon that still runs has both ports.
            guard case .tcp? = listening.operations, let operations = listening.operations else { throw failure }
            do throws(SystemError) { _ = try Listener(at: operations, socketMode: listening.socketMode) } catch {
                let second = StartFailure(
                    cannotListenOn: operations, error, host: .operationsHost, port: .operationsPort)
                throw StartFailure(outcome: failure.outcome, message: "\(failure.message)\nerror: \(second.message)")
            }
            throw failure
        }
    }

    /// One worker for each loop, all on sockets of one listener.
    static func workers(
        on loops: [EventLoop], listener: consuming Listener, under settings: WorkerSettings, common: CommonState
    ) throws(SystemError) -> [Worker] {
        var workers: [Worker] = []
        for loop in loops.dropFirst() {
            workers.append(try Worker(on: loop, listeningOn: try listener.another(), under: settings, common))
        }
        workers.insert(try Worker(on: loops[0], listeningOn: listener.first(), under: settings, common), at: 0)
        return workers
    }
}
