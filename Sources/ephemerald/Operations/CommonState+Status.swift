import BrowserClient
import EphemeraldCore
import HTTP
import Locking
import Sessions

extension CommonState {
    /// What the loops have counted, without what a scrape adds to it.
    /// - Parameter loops: the counts of each loop.
    func countedFamilies(_ loops: [LoopMetrics]) -> [MetricFamily] {
        var counts = MetricCounts()
        for loop in loops { counts.add(loop.current) }
        return counts.families
    }

    /// The state of the daemon as JSON, at this moment.
    /// - Parameters:
    ///   - loops: the counts of each loop.
    ///   - readiness: the answer about readiness, with its details.
    func status(_ loops: [LoopMetrics], hour: RecentHour, readiness: Response) -> [UInt8] {
        let now = Surroundings.unixMilliseconds()
        let reading = lastReading.withLock { $0 }
        // What Redis counts, it counts for several daemons.
        let isShared = redis != nil
        let use = LimitUse(
            counts: isShared ? nil : counts, calls: isShared ? nil : calls.listing(),
            mintsInProgress: upstreamState.mintsInProgress, now: Surroundings.monotonicNanoseconds(),
            today: Day(unixMilliseconds: now))
        return StatusReport(
            version: Version.number, startTime: startTime, isSandbox: isSandbox, readiness: readiness,
            families: countedFamilies(loops), hour: hour, sessions: sessions.withLock { $0 },
            findings: reading.findings, use: use, limits: reading.limits, reloads: state.reloads,
            lastReload: reading.reload
        ).text(unixMilliseconds: now)
    }
}

extension OperatorPage {
    /// The page in the binary. It shares colours and controls with the demo page.
    /// - Parameter status: the state as JSON, at this moment.
    init(status: @escaping @Sendable () -> [UInt8]) {
        var files: [String: StaticFile] = [:]
        for file in BrowserClient.operations {
            let path = file.name == "operator/index.html" ? "/" : "/\(file.name)"
            files[path] = StaticFile(file.content, mediaType: file.mediaType, fields: OperatorPage.fields)
        }
        self.init(files: files, status: status)
    }
}
