import EphemeraldCore
import EventLoop
import Glibc
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
    let counts: Locked<AdmissionCounts>
    /// Whether anything is minted at all.
    let mintingSwitch: MintingSwitch
    private let notices = Locked(LimitNotices())
    let minting = Minter.Shared()
    private let usageLog: UsageLogFile
    let lostLines: LostLines
    let startTime = Int(time(nil))
    private let remarked = Locked<Set<ClientAddress.Remark>>([])

    init(
        _ settings: Settings, sessions: SessionCatalog, logger: Logger, usageLog: UsageLogFile, sandboxURL: String?,
        safety: SafetyIdentifier, ledger: QuotaLedger
    ) {
        mintingSwitch = MintingSwitch(isPaused: settings.limits.isPaused)
        counts = Locked(AdmissionCounts(ledger: ledger))
        self.logger = logger
        self.usageLog = usageLog
        lostLines = LostLines(logger, isJournal: !settings.limits.quotas.areOff)
        upstream = Upstream(settings, sandboxURL: sandboxURL)
        var rules = TokenService.Rules(
            origins: OriginPolicy(
                allowing: settings.access.allowedOrigins, allowsMissing: settings.access.allowsMissingOrigin),
            callers: settings.access.callers, proxies: settings.access.trustedProxies, sessions: sessions,
            limits: settings.limits.rates, quotas: settings.limits.quotas, safety: safety)
        rules.files = BrowserFiles.served(withDemo: settings.isDemo, upstream: upstream)
        self.rules = rules
        var server = ServerSettings()
        server.maxBody = settings.limits.maxBody
        // Half of the descriptors are for connections; mints, files and the loops themselves have the rest.
        let share = DescriptorLimit.current / 2 / settings.listening.loops
        server.maxConnections = max(16, min(server.maxConnections, share))
        serverSettings = server
        self.settings = settings
        isSandbox = sandboxURL != nil
    }

    func keyFetching(on loop: EventLoop, send: @escaping Minter.Send) -> KeyFetching {
        KeyFetching(surroundings: .system(loop), send: send) { [logger] remark in
            switch remark {
            case .fetched(let words): logger.info("JWT_KEYS: \(words)")
            case .failed(let words): logger.error("JWT_KEYS: \(words)")
            }
        }
    }

    /// - Parameter metrics: where the loop counts.
    func service(
        on loop: EventLoop, _ keyFetching: KeyFetching, metrics: LoopMetrics, send: @escaping Minter.Send
    ) -> TokenService {
        let surroundings = Surroundings.system(loop)
        let send = metrics.measuring(send, in: surroundings)
        return TokenService(
            rules: rules, admission: .inMemory(counts, surroundings: surroundings),
            minter: Minter(upstream: upstream, shared: minting, surroundings: surroundings, send: send),
            keyFetching: keyFetching, metrics: metrics, surroundings: surroundings, mintingSwitch: mintingSwitch,
            limitReached: { [notices, logger] reached in
                let now = surroundings.monotonicNanoseconds()
                guard let telling = notices.withLock({ $0.notice(reached, now: now) }) else { return }
                logger.warning("\(reached.words(telling))")
            },
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
