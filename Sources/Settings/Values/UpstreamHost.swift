import EphemeraldCore
import HTTP
import Sessions

/// The kind of server that a base URL names, by its host, and the right form of the URL for it.
///
/// OpenAI's are the hosts of `UpstreamOwner`. Azure OpenAI's v1 interface is at
/// `https://RESOURCE.openai.azure.com/openai/v1`, without `api-version` (Microsoft's guide to the Realtime API by WebRTC).
enum UpstreamHost {
    case openAI(origin: String, path: String)
    case azure(origin: String, path: String)
    /// A gateway: only its operator knows the base URL, but the path of the mint is not a part of it.
    case other(origin: String, path: String)

    private static let azureDomains = [
        ".openai.azure.com", ".openai.azure.us", ".openai.azure.cn", ".cognitiveservices.azure.com",
        ".services.ai.azure.com",
    ]

    /// Paths that are appended to a base URL, or were in the beta interface; people copy them with the rest.
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

    /// The name in messages.
    var name: String {
        switch self {
        case .openAI: "OpenAI"
        case .azure: "Azure OpenAI"
        case .other: "this interface"
        }
    }

    /// The base URL that was meant; nil when the one that was written can be right.
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

extension SettingsReader {
    /// Warns about a base URL or a field for the key that cannot be right for a host of a known kind.
    mutating func checkForm(of base: ServerURL, _ header: UpstreamAuthHeader, keys: [Secret]) {
        let host = UpstreamHost(base)
        if let right = host.rightURL, right != "\(base)" {
            warn(
                .baseURL,
                "tokens would be minted at \(base)/realtime/client_secrets, which is not an address of \(host.name); "
                    + "write \(right)")
        }
        // A token of Microsoft Entra, which is a JWT, is sent as Bearer to Azure too.
        let isEntra = !keys.isEmpty && keys.allSatisfy { $0.reveal().hasPrefix("eyJ") }
        switch (host, header) {
        case (.azure, .authorization) where !isEntra:
            warn(
                .authHeader,
                "Azure OpenAI accepts a key in the field api-key, and only an Entra token as Bearer; write api-key")
        case (.openAI, .apiKey):
            warn(
                .authHeader,
                "OpenAI accepts the key as Bearer and does not read the field api-key; write Authorization")
        default: break
        }
    }
}
