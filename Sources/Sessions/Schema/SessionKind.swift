/// What the settings decide about session files.
package struct SessionRules: Hashable, Sendable {
    /// Whose models the sessions name.
    package let owner: UpstreamOwner
    /// Whether `access.origins` may have wildcards under domains where anyone can register a name.
    package let allowsSharedSuffixes: Bool

    /// By default those for OpenAI's own hosts, without such wildcards.
    package init(owner: UpstreamOwner = .openAI, allowsSharedSuffixes: Bool = false) {
        self.owner = owner
        self.allowsSharedSuffixes = allowsSharedSuffixes
    }
}

/// Whose models a session names, by the host that mints: OpenAI's calendar and what its models refuse bind on its own
/// hosts. Elsewhere (Azure's deployments, gateways) a model's name means what its owner likes.
package enum UpstreamOwner: Hashable, Sendable {
    /// `api.openai.com`, or a host of it with data residency.
    case openAI
    /// Any other host.
    case other

    /// The owner of that host, in the lower case of a parsed URL.
    package init(host: String) {
        let name = "api.openai.com"
        let regions = ["us", "eu", "ae", "au", "in", "jp"]
        self = host == name || regions.contains { host == "\($0).\(name)" } ? .openAI : .other
    }

    /// How bad a violation is for a session of this upstream's.
    func severity(of level: Violation.Level) -> Finding.Severity {
        switch level {
        case .refusedByOpenAI: .error
        case .refusedForModel: self == .openAI ? .error : .warning
        case .doubtful: .warning
        }
    }
}
