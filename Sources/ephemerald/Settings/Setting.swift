import Sessions

/// A setting of the program, by the name of its environment variable.
///
/// The one list: flags, keys of the `--config` file, `--help`, suggestions and the table of deploy/settings.md come from
/// it. What a setting is, its default and who is trusted because of it stands in its ``row``, and so not at the cases.
package enum Setting: String, CaseIterable, Sendable {
    case config = "CONFIG"
    case watch = "WATCH"

    case host = "HOST"
    case port = "PORT"
    case socketMode = "SOCKET_MODE"
    case loops = "LOOPS"
    case drainDelay = "DRAIN_DELAY"
    case drainTimeout = "DRAIN_TIMEOUT"
    case operationsHost = "OPS_HOST"
    case operationsPort = "OPS_PORT"

    case allowedOrigins = "ALLOWED_ORIGINS"
    case allowMissingOrigin = "ALLOW_MISSING_ORIGIN"
    case allowSharedSuffixes = "ALLOW_SHARED_SUFFIXES"
    case allowCredentials = "ALLOW_CREDENTIALS"
    case trustedProxies = "TRUSTED_PROXIES"
    case auth = "AUTH"
    case authKeysFile = "AUTH_KEYS_FILE"
    case jwtKeys = "JWT_KEYS"
    case jwtIssuer = "JWT_ISSUER"
    case jwtAudience = "JWT_AUDIENCE"
    case jwtLeeway = "JWT_LEEWAY"
    case jwtSessionsClaim = "JWT_SESSIONS_CLAIM"
    case authProxyHeader = "AUTH_PROXY_HEADER"
    case sessionsDirectory = "SESSIONS_DIR"
    case demo = "DEMO"

    case maxBody = "MAX_BODY"
    case maxInFlight = "MAX_IN_FLIGHT"
    case limitClient = "LIMIT_CLIENT"
    case limitCaller = "LIMIT_CALLER"
    case limitOrigin = "LIMIT_ORIGIN"
    case limitSession = "LIMIT_SESSION"
    case limitAll = "LIMIT_ALL"
    case limitRefusals = "LIMIT_REFUSALS"
    case quotaCaller = "QUOTA_CALLER"
    case quotaSession = "QUOTA_SESSION"
    case quotaAll = "QUOTA_ALL"
    case paused = "PAUSED"
    case redisURL = "REDIS_URL"
    case redisURLFile = "REDIS_URL_FILE"
    case redisCAFile = "REDIS_CA_FILE"
    case redisDown = "REDIS_DOWN"

    case apiKey = "OPENAI_API_KEY"
    case apiKeyFile = "OPENAI_API_KEY_FILE"
    case baseURL = "OPENAI_BASE_URL"
    case organization = "OPENAI_ORG_ID"
    case project = "OPENAI_PROJECT_ID"
    case authHeader = "OPENAI_AUTH_HEADER"
    case callsURL = "CALLS_URL"
    case safetySaltFile = "SAFETY_SALT_FILE"

    case upstreamTimeout = "UPSTREAM_TIMEOUT"
    case upstreamConnectTimeout = "UPSTREAM_CONNECT_TIMEOUT"
    case upstreamHTTP = "UPSTREAM_HTTP"
    case upstreamCAFile = "UPSTREAM_CA_FILE"
    case upstreamProxy = "UPSTREAM_PROXY"
    case upstreamTrace = "UPSTREAM_TRACE"

    case usageLog = "USAGE_LOG"
    case logLevel = "LOG_LEVEL"
    case logFormat = "LOG_FORMAT"

    case sandbox = "SANDBOX"
    case sandboxLatency = "SANDBOX_LATENCY"
    case sandboxFault = "SANDBOX_FAULT"

    /// The name of the environment variable.
    package var name: String { rawValue }

    /// The key in the `--config` file: the name in lower case with dashes.
    package var key: String { String(rawValue.lowercased().map { $0 == "_" ? "-" : $0 }) }

    /// The flag on the command line.
    package var flag: String { "--\(key)" }

    /// Whether the value must not be seen. A secret is no flag: the process list shows flags to everybody.
    package var isSecret: Bool { secretFile != nil }

    /// The setting that names a file with the secret in it; nil for what is no secret.
    var secretFile: Setting? {
        switch self {
        case .apiKey: .apiKeyFile
        case .redisURL: .redisURLFile
        default: nil
        }
    }

    /// The settings that name a file which a reload reads.
    static let filesRead: [Setting] = [
        .config, .authKeysFile, .jwtKeys, .redisURLFile, .redisCAFile, .apiKeyFile, .safetySaltFile,
        .upstreamCAFile,
    ]

    /// The setting of a flag, with its dashes.
    package init?(flag: some StringProtocol) {
        guard flag.hasPrefix("--") else { return nil }
        self.init(key: flag.dropFirst(2))
    }

    /// The setting of a key in the `--config` file.
    package init?(key: some StringProtocol) {
        guard let setting = Setting.allCases.first(where: { $0.key == key }) else { return nil }
        self = setting
    }

    /// The setting that was meant by a flag or key that does not exist; nil when none is like it. A secret is not
    /// suggested: where it may stand is a subject of its own.
    static func nearest(toKey key: String) -> Setting? {
        let spelled = String(key.lowercased().map { $0 == "_" ? "-" : $0 })
        // With dashes in front, so that two letters may change their places in a short name.
        let flags = allCases.filter { !$0.isSecret }.map(\.flag)
        return "--\(spelled)".nearest(in: flags).flatMap { Setting(flag: $0) }
    }
}
