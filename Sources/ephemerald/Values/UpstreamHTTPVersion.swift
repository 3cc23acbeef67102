/// The HTTP version towards the upstream.
package enum UpstreamHTTPVersion: String, CaseIterable, Sendable {
    /// A pool of connections, one request on each at a time.
    case http1 = "1.1"
    /// Many requests on one connection.
    case http2 = "2"
}

/// The header field that carries the API key.
package enum UpstreamAuthHeader: String, CaseIterable, Sendable {
    /// `Authorization: Bearer KEY`.
    case authorization = "Authorization"
    /// `api-key: KEY`, as Azure OpenAI wants it.
    case apiKey = "api-key"
}

/// Where the usage lines go.
package enum UsageLogTarget: Hashable, Sendable {
    case standardOutput
    /// A file that SIGHUP reopens.
    case file(path: String)
}
