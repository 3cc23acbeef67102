package import HTTP
import JSON
import Sessions

/// Answers to probes. None of them costs anything upstream, and none holds a secret.
extension TokenService {
    /// Sessions that one report names; a probe is not made to read megabytes.
    private static let longestReport = 256

    /// That the process answers.
    func health() -> Response {
        answer(
            .ok,
            [
                "status": "ok",
                "timestamp": .string(Timestamp.rfc3339(loop.surroundings.unixMilliseconds())),
            ])
    }

    /// Whether the service takes requests: 200, or 503 with the reasons. Everybody may ask, and nobody learns more: the
    /// details are on the operations listener.
    ///
    /// OpenAI's failures are not a reason: every replica would be taken out at once, and without requests none would
    /// find that it can mint again.
    func readiness() -> Response { readiness(with: [:]) }

    /// The same with its details: key, pause, upstream, and the last mint of each session. For the operations listener.
    package func detailedReadiness() -> Response {
        let sessions = rules.sessions.sessions
        var details: JSONObject = [
            "key": .bool(!loop.minter.upstream.keys.isEmpty),
            "paused": .bool(common.mintingSwitch.isPaused),
            "upstream": loop.minter.isUpstreamLeftAlone ? "left_alone" : "ok",
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
