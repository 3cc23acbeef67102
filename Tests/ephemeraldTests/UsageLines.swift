import EphemeraldCore

/// Lines as the usage log has them.
enum UsageLines {
    /// The line of a token.
    static func mint(
        _ day: String = "2026-11-22", time: String = "12:00:00.000", caller: String? = nil,
        session: String = "default", id: String = "e952c107", digest: String = "f192", client: String = "192.0.2.1",
        origin: String = "https://app.example", spent: Int? = nil
    ) -> String {
        #"{"timestamp":"\#(day)T\#(time)Z","ephemerald.request.id":"\#(id)","http.request.method":"POST","#
            + #""url.path":"/api/realtime/token","http.response.status_code":200,"client.address":"\#(client)","#
            + (caller.map { #""enduser.pseudo.id":"\#($0)","# } ?? "")
            + #""ephemerald.origin":"\#(origin)","ephemerald.session.name":"\#(session)","#
            + #""gen_ai.request.model":"gpt-realtime-2.1","ephemerald.secret.sha256":"\#(digest)","#
            + #""ephemerald.secret.expires_at":1795367892,"ephemerald.session.id":"sess_\#(id)""#
            + (spent.map { #","ephemerald.spent":\#($0)}"# } ?? "}")
    }

    /// The line of a call of ann's that was created at 12:00:00, for half an hour at 0.05 a minute.
    static func opened(_ name: CallName, _ day: String = "2026-11-22", endsAt: Int = 1_795_350_600) -> String {
        #"{"timestamp":"\#(day)T12:00:00.007Z","ephemerald.request.id":"r1","http.response.status_code":201,"#
            + #""enduser.pseudo.id":"ann","ephemerald.session.name":"default","server.address":"api.openai.com","#
            + #""ephemerald.call.id":"\#(name)","ephemerald.call.type":"realtime","#
            + #""ephemerald.call.upstream_id":"rtc_1","ephemerald.call.key":"3f9c01ab","#
            + #""ephemerald.call.binding":"\#(CallBinding(caller: "ann", origin: nil))","#
            + #""ephemerald.call.ends_at":\#(endsAt),"ephemerald.call.lease_seconds":60,"#
            + #""ephemerald.call.price":50000,"ephemerald.call.reserved":1525000}"#
    }

    /// The line of a refusal.
    static func refusal(
        _ day: String = "2026-11-22", time: String = "12:00:00.000", code: String = "rate_limited",
        status: Int = 429, session: String = "default", id: String = "f844585b", client: String = "192.0.2.1"
    ) -> String {
        #"{"timestamp":"\#(day)T\#(time)Z","ephemerald.request.id":"\#(id)","http.request.method":"POST","#
            + #""url.path":"/api/realtime/token","http.response.status_code":\#(status),"#
            + #""client.address":"\#(client)","error.type":"\#(code)","ephemerald.session.name":"\#(session)"}"#
    }

    /// The line of a call that was created.
    static func call(
        _ name: CallName, caller: String? = "ann", session: String = "default", id: String = "c0ffee",
        upstreamID: String = "rtc_1", client: String = "192.0.2.1"
    ) -> String {
        #"{"timestamp":"2026-11-22T12:00:00.000Z","ephemerald.request.id":"\#(id)","http.request.method":"POST","#
            + #""url.path":"/api/realtime/calls","http.response.status_code":201,"client.address":"\#(client)","#
            + (caller.map { #""enduser.pseudo.id":"\#($0)","# } ?? "")
            + #""ephemerald.session.name":"\#(session)","ephemerald.call.id":"\#(name)","#
            + #""ephemerald.call.type":"realtime","ephemerald.call.upstream_id":"\#(upstreamID)"}"#
    }

    /// The line of a call that is ending.
    static func ending(_ name: CallName) -> String {
        #"{"timestamp":"2026-11-22T12:00:41.000Z","event.name":"call.ending","ephemerald.request.id":"c0ffee","#
            + #""ephemerald.call.id":"\#(name)","ephemerald.call.reason":"lease","enduser.pseudo.id":"ann","#
            + #""ephemerald.session.name":"default"}"#
    }

    /// The line of the end of a call.
    static func end(
        _ name: CallName, caller: String? = "ann", session: String = "default", id: String = "c0ffee",
        reason: String = "lease", isConfirmed: Bool = true, seconds: Int = 42, spent: Int? = 35_000
    ) -> String {
        #"{"timestamp":"2026-11-22T12:00:42.000Z","event.name":"call.ended","ephemerald.request.id":"\#(id)","#
            + #""ephemerald.call.id":"\#(name)","ephemerald.call.reason":"\#(reason)","#
            + #""ephemerald.call.confirmed":\#(isConfirmed),"ephemerald.call.seconds":\#(seconds),"#
            + #""ephemerald.call.seconds_by":"clock","#
            + (spent.map { #""ephemerald.call.spent":\#($0),"# } ?? "")
            + (caller.map { #""enduser.pseudo.id":"\#($0)","# } ?? "")
            + #""ephemerald.session.name":"\#(session)"}"#
    }
}
