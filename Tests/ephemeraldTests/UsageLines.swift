/// Lines as the usage log has them.
enum UsageLines {
    /// The line of a token.
    static func mint(
        _ day: String = "2026-11-22", time: String = "12:00:00.000", caller: String? = nil,
        session: String = "default", id: String = "e952c107", digest: String = "f192", client: String = "192.0.2.1",
        origin: String = "https://app.example"
    ) -> String {
        #"{"timestamp":"\#(day)T\#(time)Z","ephemerald.request.id":"\#(id)","http.request.method":"POST","#
            + #""url.path":"/api/realtime/token","http.response.status_code":200,"client.address":"\#(client)","#
            + (caller.map { #""enduser.pseudo.id":"\#($0)","# } ?? "")
            + #""ephemerald.origin":"\#(origin)","ephemerald.session.name":"\#(session)","#
            + #""gen_ai.request.model":"gpt-realtime-2.1","ephemerald.secret.sha256":"\#(digest)","#
            + #""ephemerald.secret.expires_at":1795367892,"ephemerald.session.id":"sess_\#(id)"}"#
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
}
