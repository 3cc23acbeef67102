package import HTTP
import JSON
package import Sessions

/// The state of the daemon as `/status` shows it, for the operator's page and for scripts.
package struct StatusReport: Sendable {
    /// A finding of the last reading of the configuration.
    package struct Finding: Sendable {
        let severity: Sessions.Finding.Severity
        let message: String
        /// The session that it is about; nil for a setting or a directory.
        let session: String?

        /// One line, as the log has it.
        package init(_ severity: Sessions.Finding.Severity, _ message: String, session: String?) {
            self.severity = severity
            self.message = message
            self.session = session
        }
    }

    /// A reload that took effect, or was refused.
    package struct Reload: Sendable {
        let isDone: Bool
        let unixMilliseconds: Int64
        /// What has changed, as the log says it.
        let summary: String

        /// - Parameter summary: what has changed, or why nothing has.
        package init(isDone: Bool, unixMilliseconds: Int64, summary: String) {
            self.isDone = isDone
            self.unixMilliseconds = unixMilliseconds
            self.summary = summary
        }
    }

    /// The version of the program.
    package var version: String
    /// When the daemon started, in Unix seconds.
    package var startTime: Int
    /// Whether the sandbox takes the place of OpenAI.
    package var isSandbox: Bool
    /// The answer of ``TokenService/detailedReadiness()``.
    package var readiness: Response
    /// The counters of this moment.
    package var families: [MetricFamily]
    /// The counters of the last hour.
    package var hour: RecentHour
    /// The sessions in force.
    package var sessions: SessionCatalog
    /// What the last reading of settings and files found.
    package var findings: [Finding]
    /// What is in use of the limits.
    package var use: LimitUse
    /// The limits in force.
    package var limits: LimitsInForce
    /// How many reloads there were, by outcome.
    package var reloads: [(outcome: String, count: Int)]
    /// The last one; nil before the first.
    package var lastReload: Reload?

    /// From all parts.
    package init(
        version: String, startTime: Int, isSandbox: Bool, readiness: Response, families: [MetricFamily],
        hour: RecentHour, sessions: SessionCatalog, findings: [Finding], use: LimitUse, limits: LimitsInForce,
        reloads: [(outcome: String, count: Int)], lastReload: Reload?
    ) {
        self.version = version
        self.startTime = startTime
        self.isSandbox = isSandbox
        self.readiness = readiness
        self.families = families
        self.hour = hour
        self.sessions = sessions
        self.findings = findings
        self.use = use
        self.limits = limits
        self.reloads = reloads
        self.lastReload = lastReload
    }

    /// The report as JSON on one line.
    package func text(unixMilliseconds: Int64) -> [UInt8] {
        let sums = CounterSums(families)
        // The answer about readiness is ours; it has the sessions by name, and not more of them than one report may have.
        var readiness = (try? JSON(parsing: readiness.body))?.objectValue ?? [:]
        let mints = readiness["sessions"]?.objectValue ?? [:]
        readiness["sessions"] = nil
        let leftOut = readiness["sessions_left_out"]
        readiness["sessions_left_out"] = nil
        let shown = mints.names.compactMap { sessions.session(named: $0) }
        var report: JSONObject = [
            "version": .string(version),
            "time": .string(Timestamp.rfc3339(unixMilliseconds)),
            "uptime_seconds": .number(JSONNumber(max(0, Int(unixMilliseconds / 1_000) - startTime))),
            "sandbox": .bool(isSandbox),
            "readiness": .object(readiness),
            "totals": sums.totals,
            "minutes": hour.rows(sums, unixMilliseconds: unixMilliseconds),
            "limits": use.rows(limits, sessions: shown),
            "sessions": .array(
                shown.map { row(of: $0, mints[$0.name]?.objectValue ?? [:], unixMilliseconds: unixMilliseconds) }),
        ]
        report["sessions_left_out"] = leftOut
        let names = Set(shown.map(\.name))
        report["findings"] = .array(findings.filter { !names.contains($0.session ?? "") }.map(\.json))
        report["reload"] = reload(unixMilliseconds: unixMilliseconds)
        return JSON.object(report).serialized()
    }

    /// - Parameter mint: the members `file` and `last_mint`, as readiness has them.
    private func row(of session: Session, _ mint: JSONObject, unixMilliseconds: Int64) -> JSON {
        let today = Day(unixMilliseconds: unixMilliseconds)
        var row: JSONObject = ["name": .string(session.name), "type": .string(session.kind.rawValue)]
        row["model"] = session.model.map(JSON.string)
        for member in mint.members { row[member.name] = member.value }
        row["ends"] = .array(
            session.endings.map { ending in
                [
                    "subject": .string(ending.subject), "date": .string("\(ending.date)"),
                    "days": .number(JSONNumber(today.days(until: ending.date))),
                    "replacement": .string(ending.replacement),
                ]
            })
        row["findings"] = .array(findings.filter { $0.session == session.name }.map(\.json))
        return .object(row)
    }

    private func reload(unixMilliseconds: Int64) -> JSON {
        var reload = JSONObject(reloads.map { ($0.outcome, .number(JSONNumber($0.count))) })
        reload["last"] =
            lastReload.map { last in
                [
                    "outcome": last.isDone ? "done" : "refused",
                    "time": .string(Timestamp.rfc3339(last.unixMilliseconds)),
                    "age_seconds": .number(JSONNumber(Int(max(0, unixMilliseconds - last.unixMilliseconds) / 1_000))),
                    "summary": .string(last.summary),
                ]
            } ?? .null
        return .object(reload)
    }
}

extension StatusReport.Finding {
    fileprivate var json: JSON {
        ["severity": .string(severity.rawValue), "message": .string(message)]
    }
}
