package import HTTP
import JSON
import Locking
import Sessions

/// Answers to probes. None of them costs anything upstream, and none holds a secret.
extension TokenService {
    /// The largest number of sessions in one report, so that no probe has to read megabytes.
    private static let longestReport = 256

    /// Liveness: the process answers.
    func health() -> Response {
        let now = loop.surroundings.unixMilliseconds()
        var fields = Fields()
        fields.reserveCapacity(2)
        fields.append("Content-Type", "application/json")
        return Response(.ok, fields: fields, body: loop.health.withLock { $0.bytes(at: now) })
    }

    /// Readiness: 200, or 503 with the reasons. The details are only on the operations listener.
    ///
    /// OpenAI outages do not affect readiness: the load balancer would take out all replicas at once, and without
    /// requests none would notice that minting works again.
    func readiness() -> Response { readiness(with: [:]) }

    /// Readiness with keys, pause, upstream, emergencies, and the last mint of each session, for the operations listener.
    package func detailedReadiness() -> Response {
        let sessions = rules.sessions.sessions
        var details: JSONObject = [
            "key": .bool(!loop.minter.upstream.keys.isEmpty),
            "paused": .bool(common.mintingSwitch.isPaused),
            "keys": .array(loop.minter.keys.map(report)),
            "upstream": .string(
                loop.minter.isUpstreamLeftAlone ? "left_alone" : loop.minter.isUpstreamFailing ? "failing" : "ok"),
            "emergencies": .array(common.state.emergencies.active.map(report)),
            "sessions": .object(report(on: sessions.prefix(TokenService.longestReport))),
        ]
        if sessions.count > TokenService.longestReport {
            details["sessions_left_out"] = .number(JSONNumber(sessions.count - TokenService.longestReport))
        }
        return readiness(with: details)
    }

    private func readiness(with details: JSONObject) -> Response {
        let reasons = common.state.reasons
        var body: JSONObject = ["status": reasons.isEmpty ? "ready" : "not_ready"]
        if !reasons.isEmpty { body["reasons"] = .array(reasons.map(JSON.string)) }
        for detail in details.members { body[detail.name] = detail.value }
        return answer(reasons.isEmpty ? .ok : .serviceUnavailable, body)
    }

    private func report(on key: UpstreamKey) -> JSON {
        var report: JSONObject = ["place": .number(JSONNumber(key.place)), "print": .string("\(key.print)")]
        let rest = loop.minter.rest(of: key)
        report["state"] = rest == nil ? "ok" : "resting"
        if let rest {
            report["reason"] = .string(rest.refusal.code)
            report["seconds_left"] = .number(JSONNumber(Int(rest.left.components.seconds)))
        }
        return .object(report)
    }

    private func report(on emergency: Emergencies.Active) -> JSON {
        let now = loop.surroundings.monotonicNanoseconds()
        let seconds = (max(now, emergency.began) - emergency.began) / 1_000_000_000
        return [
            "kind": .string(emergency.kind.rawValue), "age_seconds": .number(JSONNumber(Int(seconds))),
            "message": .string(emergency.message),
        ]
    }

    private func report(on sessions: some Sequence<Session>) -> JSONObject {
        let now = loop.surroundings.monotonicNanoseconds()
        var report = JSONObject()
        for session in sessions {
            let last = common.state.lastMint(of: session.name).map { mint -> JSON in
                let seconds = (now - min(now, mint.nanoseconds)) / 1_000_000_000
                return ["outcome": .string(mint.outcome), "age_seconds": .number(JSONNumber(Int(seconds)))]
            }
            report[session.name] = [
                "file": common.state.isBroken(session.name) ? "broken" : "valid",
                "last_mint": last ?? .null,
            ]
        }
        return report
    }

    private func answer(_ status: Status, _ body: JSONObject) -> Response {
        Response(status, fields: ["Content-Type": "application/json"], body: JSON.object(body).serialized())
    }
}

/// The body of the answer of liveness. It is written once a second; in between, only the milliseconds change.
struct HealthBody: Sendable {
    private var bytes: [UInt8] = []
    /// The second that `bytes` names, in Unix time.
    private var second: Int64?

    /// The body at a time.
    mutating func bytes(at unixMilliseconds: Int64) -> [UInt8] {
        let (second, milliseconds) = unixMilliseconds.quotientAndRemainder(dividingBy: 1_000)
        if second != self.second {
            var body = JSONLine(reserving: 64)
            body.append("status", "ok")
            body.append(text: "timestamp") { Timestamp.append(unixMilliseconds, to: &$0) }
            bytes = body.object()
            self.second = second
        }
        // The body ends with `123Z"}`.
        var rest = UInt16(truncatingIfNeeded: milliseconds)
        for place in 4...6 {
            bytes[bytes.count - place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        return bytes
    }
}
