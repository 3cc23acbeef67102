import Curl
import EphemeraldCore
import EventLoop
import Glibc
import HTTP
import Locking
import Logging
import MicroHTTPD
import Redis
import Sessions
import Settings
import System

/// What all loops share, for as long as the process lives: a reload replaces none of it.
struct CommonState: Sendable {
    let serverSettings: ServerSettings
    let logger: Logger
    let state: ServiceState
    /// The sessions in force, for threads other than the loops.
    let sessions: Locked<SessionCatalog>
    let counts: Locked<AdmissionCounts>
    /// The money of a day that the settings in force allow, for threads other than the loops.
    let spending: Locked<SpendingLimits>
    /// What all daemons have taken from it, where they count in Redis.
    let sharedSpending = SharedSpending()
    /// The value of `QUOTA_ALL` in force, for threads other than the loops.
    let quotaOfAll: Locked<Int?>
    /// Whether anything is minted at all.
    let mintingSwitch: MintingSwitch
    private let notices = Locked(LimitNotices())
    let refusals = RefusalLimiter()
    /// Nil where limits and quotas are counted in the memory of this process.
    let redis: Settings.Redis?
    let redisNotices: RedisNotices?
    let upstreamState: UpstreamState
    private let usageLog: UsageLogFile
    let lostLines: LostLines
    let startTime: Int
    /// What the exporters of all loops share; nil when nothing is sent.
    let telemetry: Telemetry?
    let calls: CallKeeper
    let callWork: CallWork
    /// The daemons that keep their calls in the same Redis; nil without Redis.
    let peers: CallPeers?
    /// The value of `MAX_CALLS` in force, for threads other than the loops.
    let callMaximum: Locked<Int?>
    /// What the last reading of the configuration said, for the operations listener.
    let lastReading: Locked<LastReading>
    let isSandbox: Bool
    /// Whom the operator refuses.
    let denials: DenyRegister
    private let forwardingProblems = Locked<Set<ClientAddress.Problem>>([])

    /// - Parameter loop: the loop of the first worker, on which calls are ended.
    init(
        _ configuration: Configuration, logger: Logger, usageLog: UsageLogFile, ledger: QuotaLedger,
        denials: DenyRegister, on loop: EventLoop
    ) {
        self.denials = denials
        let settings = configuration.settings
        mintingSwitch = MintingSwitch(isPaused: settings.limits.isPaused)
        counts = Locked(AdmissionCounts(ledger: ledger))
        spending = Locked(settings.limits.spending)
        quotaOfAll = Locked(settings.limits.quotas.all)
        self.logger = logger
        let emergencies = Emergencies { logger.log($0) }
        state = ServiceState(emergencies)
        upstreamState = UpstreamState(emergencies)
        startTime = Int(time(nil))
        telemetry = settings.telemetry.map { [startTime] in Telemetry($0, startTime: startTime, logger: logger) }
        sessions = Locked(configuration.sessions.catalog)
        self.usageLog = usageLog
        redis = settings.limits.redis
        redisNotices = redis.map { RedisNotices($0, loops: settings.listening.loops, emergencies, logger: logger) }
        let isJournal = redis == nil && usageLog.isJournal(at: settings.output.usageLog)
        lostLines = LostLines(emergencies, isJournal: (isJournal && settings.limits.hasQuotas, isJournal))
        let account = SpendingAccount(in: redis == nil ? counts : nil)
        callWork = CallWork(on: loop, usageLog: usageLog, lostLines: lostLines, account: account, logger: logger)
        peers = redis == nil ? nil : callWork.makePeers()
        calls = callWork.makeKeeper(peers)
        callMaximum = Locked(settings.limits.calls.all)
        lastReading = Locked(LastReading(configuration))
        isSandbox = settings.sandbox != nil
        var server = ServerSettings()
        server.maxBody = settings.limits.maxBody
        server.idleTimeout = settings.listening.idleTimeout
        // Half of the descriptors are for connections; mints, files and the loops themselves have the rest.
        let share = DescriptorLimit.current / 2 / settings.listening.loops
        server.maxConnections = max(16, min(server.maxConnections, share))
        serverSettings = server
    }

    /// - Parameter client: nil when no keys are fetched.
    func keyFetching(through client: HTTPClient?, on loop: EventLoop) -> KeyFetching {
        let send: Minter.Send = { request async throws(TransferFailure) in
            guard let client else { throw .cancelled }
            return try await client.send(request)
        }
        return KeyFetching(surroundings: .system(loop), send: send) { [logger, state] outcome in
            let now = Surroundings.monotonicNanoseconds()
            switch outcome {
            case .fetched(let text):
                logger.info("JWT_KEYS: \(text)")
                state.emergencies.end(.tokenKeys, "JWT_KEYS: the keys can be fetched again", now: now)
            case .failed(let text):
                let advice = "check this address and the identity provider; the daemon tries again by itself"
                state.emergencies.begin(.tokenKeys, "JWT_KEYS: \(text); \(advice)", now: now)
            }
        }
    }

    /// The service of one loop. It shares limits and everything else in this state with the one before it.
    /// - Parameters:
    ///   - metrics: where the loop counts.
    ///   - redis: the loop's client; nil to count in the memory of this process.
    func service(
        under settings: WorkerSettings, on loop: EventLoop, _ keyFetching: KeyFetching, metrics: LoopMetrics,
        through client: HTTPClient, redis: RedisClient?
    ) -> TokenService {
        let surroundings = Surroundings.system(loop)
        let send = metrics.measuring(
            { request async throws(TransferFailure) in try await client.send(request) }, in: surroundings)
        // A creation goes on when its client goes: the call would be open upstream, and nobody would know its id.
        let sendToTheEnd: Minter.Send = { request async throws(TransferFailure) in
            let exchange = Task(executorPreference: loop) { () async -> Result<Response, TransferFailure> in
                do throws(TransferFailure) { return .success(try await send(request)) } catch { return .failure(error) }
            }
            return try await exchange.value.get()
        }
        return TokenService(
            rules: settings.rules,
            loop: TokenService.LoopParts(
                minter: Minter(
                    upstream: settings.upstream, state: upstreamState, surroundings: surroundings, send: send),
                callUpstream: CallUpstream(
                    upstream: settings.upstream, state: upstreamState, surroundings: surroundings,
                    send: sendToTheEnd),
                keyFetching: keyFetching, metrics: metrics, surroundings: surroundings),
            common: TokenService.CommonParts(
                admission: admission(in: redis, surroundings: surroundings), refusals: refusals, state: state,
                mintingSwitch: mintingSwitch, denials: denials.list,
                calls: callStore(in: redis, creation: settings.upstream.timeout, surroundings: surroundings)),
            report: { [names = settings.rules.logNames] in report($0, of: $1, naming: names) })
    }

    /// Writes how many refusals no usage line has counted. Their number is otherwise in the next line.
    func recordRefusals() {
        guard let line = refusals.remainder(unixMilliseconds: Surroundings.unixMilliseconds()) else { return }
        usageLog.write(line, orReportTo: lostLines)
    }

    /// Writes a usage line, or logs for the operator what they should know about a request, unless it was logged before.
    private func report(_ event: TokenService.Event, of request: RequestContext, naming names: LogNames) {
        switch event {
        case .usage(let line): usageLog.write(line, orReportTo: lostLines)
        case .limitReached(let reached):
            let (client, now) = (request.client, Surroundings.monotonicNanoseconds())
            guard let message = notices.withLock({ $0.notice(reached, of: client, naming: names, now: now) }) else {
                return
            }
            logger.warning("\(message)", metadata: ["ephemerald.request.id": "\(request.id)"])
        case .forwardingProblem(let problem):
            guard forwardingProblems.withLock({ $0.insert(problem).inserted }) else { return }
            var metadata: Logger.Metadata = ["ephemerald.request.id": "\(request.id)"]
            metadata["client.address"] = names.name(of: request.client).map { "\($0)" }
            logger.warning("\(problem.message)", metadata: metadata)
        }
    }
}

extension ClientAddress.Problem {
    /// The warning for the operator.
    fileprivate var message: String {
        switch self {
        case .untrustedForwarding:
            "forwarding headers come from an address that TRUSTED_PROXIES does not name; they are ignored"
        case .headersDisagree:
            "X-Forwarded-For and Forwarded name different clients; the trusted proxy must set or delete both"
        }
    }
}

extension Logger {
    /// Writes the line of an emergency that begins or is over.
    func log(_ notice: Emergencies.Notice) {
        let level: Logger.Level = notice.isOver ? .notice : notice.kind.level
        let metadata = notice.requestID.map { ["ephemerald.request.id": MetadataValue.stringConvertible("\($0)")] }
        log(level: level, "\(notice.message)", metadata: metadata)
    }
}

extension Emergencies.Kind {
    /// An error where everybody may be refused, or the record has gaps.
    fileprivate var level: Logger.Level {
        switch self {
        case .upstream, .calls, .usageLog, .configuration, .tokenKeys: .error
        case .key, .permission, .redis: .warning
        }
    }
}
