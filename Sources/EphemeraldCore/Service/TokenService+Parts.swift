import JSON
import Locking
package import Sessions

/// What a service is made of. The rules change with each reading of the settings, the parts of a loop end with it, and
/// the common parts outlive both.
extension TokenService {
    /// What the settings and the session files decide.
    package struct Rules: Sendable {
        /// Which web pages may request tokens.
        package var origins: OriginPolicy
        /// Which callers may request tokens.
        package var callers: Authenticator
        /// The peers whose forwarding fields are believed.
        package var proxies: TrustedProxies
        /// The field in which they name the request (`REQUEST_ID_FROM`); nil for none.
        package var requestIDField: String?
        /// The sessions that may be requested.
        package var sessions: SessionCatalog
        /// The rate limits, where a session file says nothing else.
        package var limits: RateLimits
        /// How many refusals of one client have a usage line; nil for all of them.
        package var refusalLimit: RateLimit?
        /// The quotas of a day.
        package var quotas: Quotas
        /// The money of a day. While it is counted, every session has a price.
        package var spending = SpendingLimits()
        /// How many calls may be open at once, where a session file says nothing else.
        package var callMaxima = CallMaxima()
        /// The names under which the upstream knows callers.
        package var safety: SafetyIdentifier
        /// How usage lines name clients and callers.
        package var logNames = LogNames.full
        /// The files that are served as well, by their paths.
        package var files: [String: StaticFile] = [:]

        /// Without files and without a limit on refusals.
        package init(
            origins: OriginPolicy, callers: Authenticator, proxies: TrustedProxies, sessions: SessionCatalog,
            limits: RateLimits, quotas: Quotas = Quotas(), safety: SafetyIdentifier
        ) {
            self.origins = origins
            self.callers = callers
            self.proxies = proxies
            self.sessions = sessions
            self.limits = limits
            self.quotas = quotas
            self.safety = safety
        }
    }

    /// What belongs to one event loop.
    package struct LoopParts: Sendable {
        let minter: Minter
        /// Nil where no calls are created.
        let callUpstream: CallUpstream?
        let keyFetching: KeyFetching
        let metrics: LoopMetrics
        let surroundings: Surroundings
        /// The memory in which usage lines are written. The loop does not contend for the lock with others.
        let usage = Locked(UsageText())
        /// The memory of the body that liveness answers with.
        let health = Locked(HealthBody())

        /// - Parameter metrics: where the loop counts requests.
        package init(
            minter: Minter, callUpstream: CallUpstream? = nil, keyFetching: KeyFetching, metrics: LoopMetrics,
            surroundings: Surroundings
        ) {
            self.minter = minter
            self.callUpstream = callUpstream
            self.keyFetching = keyFetching
            self.metrics = metrics
            self.surroundings = surroundings
        }
    }

    /// What all loops share, for as long as the process lives.
    package struct CommonParts: Sendable {
        let admission: Admission
        let refusals: RefusalLimiter
        let state: ServiceState
        let mintingSwitch: MintingSwitch
        /// Whom the operator refuses.
        let denials: DenyList
        /// Nil where no calls are created.
        let calls: (any CallStore)?

        /// - Parameter admission: where limits and quotas are counted.
        package init(
            admission: Admission, refusals: RefusalLimiter = RefusalLimiter(), state: ServiceState = ServiceState(),
            mintingSwitch: MintingSwitch = MintingSwitch(), denials: DenyList = DenyList(),
            calls: (any CallStore)? = nil
        ) {
            self.denials = denials
            self.calls = calls
            self.admission = admission
            self.refusals = refusals
            self.state = state
            self.mintingSwitch = mintingSwitch
        }
    }

    /// Something that the program around the service should know about a request.
    package enum Event {
        /// The usage line of the request, with its line feed.
        case usage([UInt8])
        /// A limit or quota refused the request.
        case limitReached(LimitReached)
        /// The forwarding fields of the request are not as they should be.
        case forwardingProblem(ClientAddress.Problem)
    }
}

/// A session, with what its file and the settings say about those who request it. It is made when the rules are loaded.
final class OfferedSession: Sendable {
    let session: Session
    /// The origins that may request it; nil when its file names none.
    let origins: OriginList?
    let limits: SessionLimits
    /// What a token can cost; zero where the file has no price.
    let tokenCost: Money
    /// The members of a minted answer that are the same for all requests, in two parts: its name and type, and what
    /// follows the session.
    let answerNames: [UInt8]
    let answerEnding: [UInt8]
    /// Its attribute in spans, after a comma.
    let spanAttribute: [UInt8]
    let isSandbox: Bool

    /// - Parameters:
    ///   - limits: those of the settings.
    ///   - upstream: where browsers call.
    init(_ session: Session, limits: RateLimits, upstream: Upstream) {
        self.session = session
        let names: JSONObject = ["name": .string(session.name), "type": .string(session.kind.rawValue)]
        answerNames = JSONLine.members(of: names)
        spanAttribute = SpanTemplate.attribute(ofSession: session.name)
        let url = upstream.callsURL ?? "\(upstream.baseURL)/\(session.kind.callsPath)"
        var ending: JSONObject = ["calls_url": .string(url)]
        isSandbox = upstream.isSandbox
        if isSandbox { ending["sandbox"] = true }
        answerEnding = JSONLine.members(of: ending)
        origins = session.access.origins.map { OriginList($0) }
        self.limits = SessionLimits(session, settings: limits)
        tokenCost = session.access.price?.worstCaseOfToken ?? .zero
    }
}
