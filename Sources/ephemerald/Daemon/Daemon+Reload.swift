import EphemeraldCore
import EventLoop
import Locking
import Logging
import OpenAISandbox
import Sessions
import Settings
import System

/// Why the configuration is read again.
enum ReloadCause {
    /// SIGHUP. The log reports every result.
    case signal
    /// Files have changed. The log reports what that changes, and one line for each save while nothing can take effect.
    case files
}

/// The reload: everything is read again, and takes effect as a whole or not at all.
extension Daemon {
    func reload(_ cause: ReloadCause) {
        if cause == .signal {
            reopenUsageLog()
            common.denials.readFile()
        }
        guard !isStopping else { return }
        guard !isReloading else {
            // What changed after the last event may have been read already, or not.
            if nextReload != .signal { nextReload = cause }
            return
        }
        isReloading = true
        if cause == .signal {
            supervisor.notify(.reloading(microseconds: Surroundings.monotonicNanoseconds() / 1_000))
        }
        do throws(SystemError) { try readOnThreadOfItsOwn(cause) } catch {
            finishReload(cause)
            logger.error("nothing is reloaded: \(error)")
        }
    }

    private func reopenUsageLog() {
        do throws(SystemError) { try usageLog.reopen() } catch {
            logger.error("the usage log stays as it is: \(UsageLogFile.words(for: error))")
        }
    }

    /// A disk may be slow; the loops do not wait for it.
    private func readOnThreadOfItsOwn(_ cause: ReloadCause) throws(SystemError) {
        let (home, isSandbox) = (workers[0].loop, sandbox != nil)
        let reading = try EventLoop()
        let thread = try EventLoopThread(running: reading, name: "reload")
        reading.submit { [self, source, address] in
            let result = Result { () throws(Configuration.Broken) in
                try Configuration.reload(source, for: address, isSandbox: isSandbox, today: .today)
            }
            reading.stop()
            home.submit { [self] in
                thread.join()
                // The daemon goes on to its end as `stop` found it.
                guard !isStopping else { return finishReload(cause) }
                switch result {
                case .success(let fresh): adopt(fresh, cause)
                case .failure(let broken): refuse(broken, cause)
                }
            }
        }
    }

    /// Requests that are under way keep the policy that they began with.
    private func adopt(_ fresh: Configuration, _ cause: ReloadCause) {
        let changes = ConfigurationChanges(from: configuration, to: fresh)
        // A file was written as it was before.
        if cause == .files, !isRefused, changes.areNone { return finishReload(cause) }
        isRefused = false
        configuration = fresh
        let catalog = fresh.sessions.catalog
        common.state.sessionsRead(catalog.sessions.map(\.name), broken: [])
        common.sessions.withLock { $0 = catalog }
        common.spending.withLock { $0 = fresh.settings.limits.spending }
        common.quotaOfAll.withLock { $0 = fresh.settings.limits.quotas.all }
        common.callMaximum.withLock { $0 = configuration.settings.limits.calls.all }
        common.lastReading.withLock { $0.adopt(fresh, changes) }
        let workerSettings = WorkerSettings(fresh, following: workerSettings, sandboxURL: sandbox?.baseURL)
        self.workerSettings.rules.callers.retire(for: workerSettings.rules.callers)
        self.workerSettings = workerSettings
        common.callWork.adopt(workerSettings)
        let now = Surroundings.monotonicNanoseconds()
        common.upstreamState.keys.adopt(workerSettings.upstream.namedKeys, now: now)
        common.state.emergencies.end(.configuration, "", now: now)
        if workerSettings.keyClient == nil {
            common.state.emergencies.end(.tokenKeys, "JWT_KEYS: no keys are fetched any longer", now: now)
        }
        let workers = workers
        let news = knownFindings.update(fresh.findings, isComplete: true)
        Task(executorPreference: workers[0].loop) { [self] in
            await withTaskGroup(of: Void.self) { group in
                for worker in workers {
                    group.addTask(executorPreference: worker.loop) { worker.adopt(workerSettings) }
                }
            }
            for finding in cause == .signal ? fresh.findings : news.findings { log(finding) }
            for setting in changes.deferred {
                logger.warning("\(setting) has changed; this takes effect after a restart")
            }
            if changes.renamesCallers {
                let change = "LOG_CALLER or the salt of its hashes has changed"
                logger.warning("\(change): callers can no longer renew or end their open calls")
            }
            common.state.reloaded(isWhole: true)
            logger.info("reloaded: \(changes.summary)", metadata: fresh.reloadMetadata)
            finishReload(cause)
            await workers[0].prepare()
        }
    }

    private func refuse(_ broken: Configuration.Broken, _ cause: ReloadCause) {
        isRefused = true
        let news = knownFindings.update(broken.findings, isComplete: false)
        let names = configuration.sessions.catalog.sessions.map(\.name)
        common.state.sessionsRead(names, broken: broken.sessions)
        common.state.reloaded(isWhole: false)
        common.lastReading.withLock { $0.refuse(broken) }
        // The lines below report it, and the line of a reload that it is over.
        common.state.emergencies.begin(
            .configuration, broken.findings.first { $0.severity == .error }?.message ?? "nothing is reloaded",
            isReported: true, now: Surroundings.monotonicNanoseconds())
        // After a signal everything is logged. After a saved file only what is new is, and the rest is counted.
        for finding in cause == .signal ? broken.findings : news.findings { log(finding) }
        let remaining = cause == .signal ? nil : news.remaining
        logger.error("nothing is reloaded: \(remaining ?? "the old configuration stays in force")")
        finishReload(cause)
    }

    private func log(_ finding: Diagnosis) {
        logger.log(level: finding.severity == .error ? .error : .warning, "\(finding.message)")
    }

    private func finishReload(_ cause: ReloadCause) {
        isReloading = false
        guard !isStopping else { return }
        if cause == .signal { supervisor.notify(.ready(status: "listening on \(address)")) }
        guard let next = nextReload else { return }
        nextReload = nil
        reload(next)
    }
}
