import EphemeraldCore
import EventLoop
import Locking
import Logging
import OpenAISandbox
import Sessions

/// What SIGHUP does: reads everything anew, whole or not at all.
extension Daemon {
    func reload() {
        do throws(SystemError) { try usageLog.reopen() } catch {
            logger.error("the usage log stays as it is: \(UsageLogFile.words(for: error))")
        }
        guard !isStopping else { return }
        guard !isReloading else {
            // What was changed behind the last signal may have been read already, or not.
            mustReloadAgain = true
            return
        }
        isReloading = true
        supervisor.notify(.reloading(microseconds: Surroundings.monotonicNanoseconds() / 1_000))
        do throws(SystemError) { try readOnThreadOfItsOwn() } catch {
            finishReload()
            logger.error("nothing is reloaded: \(error)")
        }
    }

    /// A disk may be slow and a pipe may never end; the loops wait for neither.
    private func readOnThreadOfItsOwn() throws(SystemError) {
        let (home, isSandbox) = (workers[0].loop, sandbox != nil)
        let reading = try EventLoop()
        let thread = try EventLoopThread(running: reading, name: "reload")
        reading.submit { [self, source, address] in
            let result = Result { () throws(FreshConfiguration.Broken) in
                try FreshConfiguration.read(source, for: address, isSandbox: isSandbox, today: .today)
            }
            reading.stop()
            home.submit { [self] in
                thread.join()
                switch result {
                case .success(let fresh): adopt(fresh)
                case .failure(let broken): refuse(broken)
                }
            }
        }
    }

    /// Requests that are under way go on with what they began with.
    private func adopt(_ fresh: FreshConfiguration) {
        let changes = ConfigurationChanges(from: configuration, to: fresh)
        configuration = fresh
        let catalog = fresh.sessions.catalog
        common.state.sessionsRead(catalog.sessions.map(\.name), broken: [])
        common.sessions.withLock { $0 = catalog }
        let policy = Policy(fresh, following: policy, sandboxURL: sandbox?.baseURL)
        self.policy = policy
        let workers = workers
        Task(executorPreference: workers[0].loop) { [self] in
            await withTaskGroup(of: Void.self) { group in
                for worker in workers {
                    group.addTask(executorPreference: worker.loop) { worker.adopt(policy) }
                }
            }
            for finding in fresh.findings { log(finding) }
            for setting in changes.waiting { logger.warning("\(setting.name) has changed: that needs a restart") }
            common.state.reloaded(isWhole: true)
            logger.info("reloaded: \(changes.words)", metadata: fresh.reloadMetadata)
            finishReload()
            await workers[0].prepare()
        }
    }

    private func refuse(_ broken: FreshConfiguration.Broken) {
        let names = configuration.sessions.catalog.sessions.map(\.name)
        common.state.sessionsRead(names, broken: broken.sessions)
        common.state.reloaded(isWhole: false)
        for finding in broken.findings { log(finding) }
        logger.error("nothing is reloaded: what was in force before still is")
        finishReload()
    }

    private func log(_ finding: Diagnosis) {
        logger.log(level: finding.severity == .error ? .error : .warning, "\(finding.message)")
    }

    private func finishReload() {
        isReloading = false
        guard !isStopping else { return }
        supervisor.notify(.ready(status: "listening on \(address)"))
        guard mustReloadAgain else { return }
        mustReloadAgain = false
        reload()
    }
}
