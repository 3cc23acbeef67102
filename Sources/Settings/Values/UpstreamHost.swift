import EphemeraldCore
import HTTP
import Sessions

/// The kind of server that a base URL names, by its host.
private enum UpstreamHost {
    /// The hosts of `UpstreamOwner`.
    case openAI
    /// Azure OpenAI. Its v1 interface is at `https://RESOURCE.openai.azure.com/openai/v1`, without `api-version`
    /// (Microsoft's guide to the Realtime API by WebRTC).
    case azure
    /// A gateway.
    case other

    private static let azureDomains = [
        ".openai.azure.com", ".openai.azure.us", ".openai.azure.cn", ".cognitiveservices.azure.com",
        ".services.ai.azure.com",
    ]

    init(_ host: String) {
        self =
            if UpstreamOwner(host: host) == .openAI {
                .openAI
            } else {
                UpstreamHost.azureDomains.contains { host.hasSuffix($0) } ? .azure : .other
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

    /// The path that a base URL must have.
    func rightPath(insteadOf path: String) -> String {
        switch self {
        case .openAI: "/v1"
        case .azure: "/openai/v1"
        // Only its operator knows the base URL, but the path of the mint is not a part of it.
        case .other: String(path.dropLast(UpstreamHost.endpoints.first { path.hasSuffix($0) }?.count ?? 0))
        }
    }

    /// Paths that are appended to a base URL, or were in the beta interface; people copy them with the rest.
    private static let endpoints = [
        "/realtime", "/realtime/client_secrets", "/realtime/sessions", "/realtime/transcription_sessions",
        "/realtime/calls", "/realtime/translations", "/realtime/translations/client_secrets",
        "/realtime/translations/calls",
    ]
}

extension SettingsReader {
    /// Warns about a base URL or a field for the key that cannot be right for a host of a known kind.
    mutating func checkForm(of base: ServerURL, _ header: UpstreamAuthHeader, keys: [Secret]) {
        let host = UpstreamHost(base.origin.host)
        let right = host.rightPath(insteadOf: base.path)
        if right != base.path {
            warn(
                .baseURL,
                "tokens would be minted at \(base)/realtime/client_secrets, which is not an address of \(host.name); "
                    + "write \(base.origin)\(right)")
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
