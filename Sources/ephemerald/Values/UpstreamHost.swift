import HTTP
import Sessions

/// Whose server a base URL names, as far as the host says it, and what its base URL must be.
///
/// OpenAI's are the hosts of `UpstreamOwner`. Azure OpenAI's v1 interface is at
/// `https://RESOURCE.openai.azure.com/openai/v1`, without `api-version` (Microsoft's guide to the Realtime API by WebRTC).
enum UpstreamHost {
    case openAI(origin: String, path: String)
    case azure(origin: String, path: String)
    /// A gateway: its base URL is its operator's to know, but the mint's own path is not a part of it.
    case other(origin: String, path: String)

    private static let azureDomains = [
        ".openai.azure.com", ".openai.azure.us", ".openai.azure.cn", ".cognitiveservices.azure.com",
        ".services.ai.azure.com",
    ]

    /// What is appended to a base URL, or was in the beta interface; people copy it with the rest.
    private static let endpoints = [
        "/realtime", "/realtime/client_secrets", "/realtime/sessions", "/realtime/transcription_sessions",
        "/realtime/calls", "/realtime/translations", "/realtime/translations/client_secrets",
        "/realtime/translations/calls",
    ]

    init(_ base: ServerURL) {
        let (host, path) = (base.origin.host, base.path)
        if UpstreamOwner(host: host) == .openAI {
            self = .openAI(origin: "\(base.origin)", path: path)
        } else if UpstreamHost.azureDomains.contains(where: { host.hasSuffix($0) }) {
            self = .azure(origin: "\(base.origin)", path: path)
        } else {
            self = .other(origin: "\(base.origin)", path: path)
        }
    }

    /// For messages.
    var name: String {
        switch self {
        case .openAI: "OpenAI"
        case .azure: "Azure OpenAI"
        case .other: "this interface"
        }
    }

    /// The base URL that is meant; nil when nothing speaks against the one that is written.
    var rightURL: String? {
        switch self {
        case .openAI(let origin, _): return "\(origin)/v1"
        case .azure(let origin, _): return "\(origin)/openai/v1"
        case .other(let origin, let path):
            guard let endpoint = UpstreamHost.endpoints.first(where: { path.hasSuffix($0) }) else { return nil }
            return "\(origin)\(path.dropLast(endpoint.count))"
        }
    }
}
