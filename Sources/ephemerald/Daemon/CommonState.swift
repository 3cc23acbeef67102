import EphemeraldCore
import EventLoop
import HTTP
import Locking
import Logging
import MicroHTTPD
import Sessions

/// What all loops share, and the settings in the form that each part takes them.
struct CommonState: Sendable {
    let rules: TokenService.Rules
    let settings: Settings
    let isSandbox: Bool
    let serverSettings: ServerSettings
    let logger: Logger
    private let upstream: Upstream
    private let limiter = Locked(RateLimiter())
    private let minting = Minter.Shared()
    private let usageLog: UsageLogFile
    private let lostLines: LostLines
    private let remarked = Locked<Set<ClientAddress.Remark>>([])

    init(
        _ settings: Settings, sessions: SessionCatalog, logger: Logger, usageLog: UsageLogFile, sandboxURL: String?,
        safety: SafetyIdentifier
    ) {
        self.logger = logger
        self.usageLog = usageLog
        lostLines = LostLines(logger)
        rules = TokenService.Rules(
            origins: OriginPolicy(
                allowing: settings.access.allowedOrigins, allowsMissing: settings.access.allowsMissingOrigin),
            callers: settings.access.callers, proxies: settings.access.trustedProxies, sessions: sessions,
            limits: settings.limits.rates, safety: safety)
        var server = ServerSettings()
        server.maxBody = settings.limits.maxBody
        // Half of the descriptors are for connections; mints, files and the loops themselves have the rest.
        let share = DescriptorLimit.current / 2 / settings.listening.loops
        server.maxConnections = max(16, min(server.maxConnections, share))
        serverSettings = server
        self.settings = settings
        isSandbox = sandboxURL != nil
        upstream = Upstream(settings, sandboxURL: sandboxURL)
    }

    func keyFetching(on loop: EventLoop, send: @escaping Minter.Send) -> KeyFetching {
        KeyFetching(surroundings: .system(loop), send: send) { [logger] remark in
            switch remark {
            case .fetched(let words): logger.info("JWT_KEYS: \(words)")
            case .failed(let words): logger.error("JWT_KEYS: \(words)")
            }
        }
    }

    func service(on loop: EventLoop, _ keyFetching: KeyFetching, send: @escaping Minter.Send) -> TokenService {
        let surroundings = Surroundings.system(loop)
        return TokenService(
            rules: rules, limiter: limiter,
            minter: Minter(upstream: upstream, shared: minting, surroundings: surroundings, send: send),
            keyFetching: keyFetching, surroundings: surroundings,
            writeUsage: { [usageLog, lostLines] line in
                if let failure = usageLog.write(line) { lostLines.report(failure) }
            },
            remark: { [remarked, logger] remark, client in
                guard remarked.withLock({ $0.insert(remark).inserted }) else { return }
                logger.warning("\(remark.words)", metadata: ["client.address": "\(client)"])
            })
    }
}

extension ClientAddress.Remark {
    /// For the operator, once.
    fileprivate var words: String {
        switch self {
        case .untrustedForwarding:
            "forwarding headers come from an address that TRUSTED_PROXIES does not name; they are not believed"
        case .headersDisagree:
            "X-Forwarded-For and Forwarded lead to different clients; the trusted proxy passes one of them on unread"
        }
    }
}
