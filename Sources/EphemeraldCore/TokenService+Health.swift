import HTTP
import Sessions

/// What probes are told. None of it costs anything upstream, and none of it is secret.
extension TokenService {
    /// Sessions that one report names; a probe is not made to read megabytes.
    private static let longestReport = 256

    /// That the process answers.
    func health() -> Response {
        answer(
            .ok,
            [
                "status": "ok",
                "timestamp": .string(Timestamp.rfc3339(surroundings.unixMilliseconds())),
            ])
    }

    /// Whether the service takes requests: 200, or 503 with the reasons.
    ///
    /// OpenAI's failures are no reason: every replica would be taken out at once, and none would ever mint again to find
    /// that it can. Who asks from this machine, and not through a proxy, is told of each session too.
    func readiness(for request: Request) -> Response {
        let reasons = state.reasons
        var body: JSONObject = ["status": reasons.isEmpty ? "ready" : "not_ready"]
        if !reasons.isEmpty { body["reasons"] = .array(reasons.map(JSON.string)) }
        if isLocal(request) {
            body["key"] = .bool(!minter.upstream.keys.isEmpty)
            body["paused"] = .bool(mintingSwitch.isPaused)
            body["upstream"] = minter.isUpstreamLeftAlone ? "left_alone" : "ok"
            let sessions = rules.sessions.sessions
            body["sessions"] = .object(report(on: sessions.prefix(TokenService.longestReport)))
            if sessions.count > TokenService.longestReport {
                body["sessions_left_out"] = .number(JSONNumber(sessions.count - TokenService.longestReport))
            }
        }
        return answer(reasons.isEmpty ? .ok : .serviceUnavailable, body)
    }

    private func report(on sessions: some Sequence<Session>) -> JSONObject {
        let now = surroundings.monotonicNanoseconds()
        var report = JSONObject()
        for session in sessions {
            let last = state.lastMint(of: session.name).map { mint -> JSON in
                let seconds = (now - min(now, mint.nanoseconds)) / 1_000_000_000
                return ["outcome": .string(mint.outcome), "age_seconds": .number(JSONNumber(Int(seconds)))]
            }
            report[session.name] = [
                "file": state.isBroken(session.name) ? "broken" : "valid",
                "last_mint": last ?? .null,
            ]
        }
        return report
    }

    /// What proxies add, beside `X-Forwarded-…`: a proxy on this machine, a tunnel for example, speaks for strangers.
    private static let forwardingFields = [
        "Forwarded", "Via", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP",
    ]

    /// Whether it comes from this machine, and from no proxy on it.
    private func isLocal(_ request: Request) -> Bool {
        let isForwarded = request.fields.all.contains { field in
            TokenService.forwardingFields.contains { field.name.equalsIgnoringCase($0) }
                || String(field.name.prefix(12)).equalsIgnoringCase("X-Forwarded-")
        }
        switch request.peer {
        case .ip(let address, port: _): return address.isLoopback && !isForwarded
        case .unix: return !isForwarded
        }
    }

    private func answer(_ status: Status, _ body: JSONObject) -> Response {
        Response(status, fields: ["Content-Type": "application/json"], body: JSON.object(body).serialized())
    }
}
