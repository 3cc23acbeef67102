import HTTP
import System
import Text

/// The name of the field in which a proxy names the user.
///
/// A field that HTTP, browsers or proxies use for something else cannot carry a user: with `Content-Length` every user
/// would have the name `0`, and with `X-Request-Id` a client could choose its name.
enum UserField {
    /// Reads `AUTH_PROXY_HEADER`: a field name of at most 64 characters that has no other meaning.
    static func name(_ text: String) throws(Invalid) -> String {
        guard text.isToken, text.utf8.count <= 64 else {
            throw Invalid("this is not the name of a header field; write one like X-Auth-Request-User")
        }
        let name = text.lowercased()
        guard users.contains(name) || !(others.contains(name) || beginnings.contains(where: { name.hasPrefix($0) }))
        else {
            throw Invalid(
                "this field has another meaning; write one that the proxy sets, like X-Auth-Request-User")
        }
        return text
    }

    /// Fields in which oauth2-proxy and others name users, although they begin like the forwarding fields.
    private static let users: Set = ["x-forwarded-user", "x-forwarded-email", "x-forwarded-preferred-username"]

    /// Kinds of fields, by how their names begin.
    private static let beginnings = [
        // Content and its negotiation, conditions, browsers, proxies (RFC 9110, Fetch, Client Hints).
        "accept", "content-", "if-", "sec-", "access-control-", "proxy-", "cache-", "cdn-", "cookie", "set-cookie",
        // Forwarding and tracing.
        "x-forwarded-", "x-original-", "x-envoy-", "x-b3-", "x-amzn-", "x-datadog-", "x-ratelimit-", "ratelimit",
    ]

    /// The fields of requests in IANA's registry of HTTP field names, those of responses that do not name a user, and
    /// the fields of proxies and tracing that are in common use.
    private static let others: Set = [
        "age", "allow", "alt-svc", "alt-used", "authorization", "authentication-info", "clear-site-data", "close",
        "connection", "date", "device-memory", "dnt", "downlink", "dpr", "early-data", "ect", "etag", "expect",
        "expires", "forwarded", "from", "host", "http2-settings", "idempotency-key", "keep-alive", "last-event-id",
        "last-modified", "link", "location", "max-forwards", "mime-version", "origin", "pragma", "prefer", "priority",
        "range", "referer", "referrer-policy", "retry-after", "rtt", "save-data", "server", "server-timing",
        "service-worker", "signature", "signature-input", "strict-transport-security", "te", "trailer",
        "transfer-encoding", "upgrade", "upgrade-insecure-requests", "user-agent", "vary", "via", "viewport-width",
        "warning", "width", "www-authenticate",
        // Forwarding.
        "cf-connecting-ip", "cf-connecting-ipv6", "cf-ipcountry", "cf-pseudo-ipv4", "cf-ray", "cf-visitor", "client-ip",
        "fastly-client-ip", "front-end-https", "true-client-ip", "x-client-ip", "x-cluster-client-ip", "x-forwarded",
        "x-host", "x-real-ip", "x-real-port", "x-remote-addr", "x-remote-ip", "x-rewrite-url", "x-scheme",
        // Tracing.
        "b3", "baggage", "request-id", "trace-id", "traceparent", "tracestate", "uber-trace-id", "x-amz-cf-id",
        "x-client-request-id", "x-client-trace-id", "x-cloud-trace-context", "x-correlation-id", "x-request-id",
        "x-request-start", "x-session-id", "x-trace-id",
        // Browsers and their libraries.
        "api-key", "x-api-key", "x-csrf-token", "x-http-method-override", "x-requested-with", "x-xsrf-token",
    ]
}
