import Testing
import ephemerald

@Suite struct `The field in which a proxy names the user` {
    @Test(arguments: [
        "X-Auth-Request-User", "X-Auth-Request-Email", "X-Forwarded-User", "X-Forwarded-Email",
        "X-Forwarded-Preferred-Username", "Remote-User", "X-Remote-User", "X-WEBAUTH-USER", "X-authentik-username",
        "Cf-Access-Authenticated-User-Email", "X-Goog-Authenticated-User-Email", "X-MS-Client-Principal-Name",
        "Tailscale-User-Login", "X-SSL-Client-S-DN", "X-User", "X-Token-Subject",
    ])
    func `is one that proxies write a user into`(name: String) {
        #expect(problems(["--auth-proxy-header", name]).isEmpty)
    }

    @Test(arguments: [
        "Content-Length", "content-type", "Content-Encoding", "Transfer-Encoding", "TE", "Trailer", "Connection",
        "Keep-Alive", "Upgrade", "Expect", "Max-Forwards", "Proxy-Connection", "Proxy-Authorization", "Authorization",
        "Cookie", "Set-Cookie", "Host", "Origin", "Referer", "User-Agent", "From", "Date", "Range", "If-Match",
        "If-None-Match", "Accept", "Accept-Language", "Cache-Control", "Pragma", "Via", "Forwarded", "X-Forwarded-For",
        "X-Forwarded-Host", "X-FORWARDED-PROTO", "X-Forwarded-Port", "X-Forwarded-Anything", "X-Real-IP", "X-Client-IP",
        "True-Client-IP", "CF-Connecting-IP", "X-Request-Id", "X-Correlation-ID", "Traceparent", "tracestate",
        "Baggage",
        "X-B3-TraceId", "X-Amzn-Trace-Id", "X-Cloud-Trace-Context", "Sec-Fetch-Site", "Sec-WebSocket-Key", "DNT",
        "Priority", "Access-Control-Request-Method", "X-Requested-With", "X-API-Key", "WWW-Authenticate",
    ])
    func `is not one with another meaning`(name: String) {
        let found = problems(["--auth-proxy-header", name])
        #expect(found.count == 1)
        #expect(found.first?.contains("another meaning; write one that the proxy sets") == true, "\(found)")
    }
}
