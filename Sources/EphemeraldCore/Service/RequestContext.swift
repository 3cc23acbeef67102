package import HTTP
import Sessions
import Text

/// What is known about one request while the policy decides on it. The steps record here what they find; what they
/// decide by is handed to them.
///
/// A context belongs to the task that answers its request.
package final class RequestContext: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of the loop that answers the request.

    package let request: Request
    /// The id under which all logs name the request.
    package let id: RequestID
    /// The address that the request comes from.
    package let client: ClientAddress
    /// The place of the request in a distributed trace; nil unless a trusted proxy names one, or spans are sent.
    private(set) var trace: TraceParent?
    /// Takes the span of the request if it is for a token or about a call, and no preflight; nil for none.
    private(set) var spans: SpanBuffer?
    let route: Route
    /// When the request arrived, in nanoseconds on the monotonic clock.
    let began: UInt64
    /// The caller, once they have proved who they are; nil where nobody has to.
    var caller: Caller?
    /// The name of the requested session, whether or not there is such a session; nil when it cannot be a name.
    var sessionName: String?
    var session: OfferedSession?
    /// Nil until the upstream is called.
    var attempt: MintAttempt?
    /// What the request has taken from the money of the day for good; zero for a call, whose end decides.
    var spent = Money.zero
    /// The call that was created for the request.
    var call: CallRecord?

    /// - Parameter service: the one that answers the request.
    init(_ request: Request, of service: TokenService) {
        let isTrusted = service.rules.proxies.contains(request.peer)
        self.request = request
        began = service.loop.surroundings.monotonicNanoseconds()
        id = RequestID(
            of: request, in: isTrusted ? service.rules.requestIDField : nil,
            randomBits: service.loop.surroundings.randomBits)
        client = ClientAddress(of: request, behind: service.rules.proxies)
        let randomBits = service.loop.surroundings.randomBits
        let given = TraceParent(of: request, isTrusted: isTrusted, randomBits: randomBits)
        route = Route(of: request, to: service)
        if let spans = service.loop.metrics.spans {
            let trace = TraceParent(given, of: id, sampler: spans.sampler, randomBits: randomBits)
            self.trace = trace
            if trace.isSampled { self.spans = spans }
        } else {
            trace = given
        }
    }
}

/// The route of a request, which its path decides.
enum Route {
    /// Where tokens are minted, with what the list of allowed origins says about the page.
    case token(OriginVerdict)
    /// Where calls are created, or one of them is renewed or ended.
    case calls(CallRoute, OriginVerdict)
    case health
    case readiness
    /// A path of a file, or of nothing.
    case other

    init(of request: Request, to service: TokenService) {
        // Nearly every request is for this path, and has no query.
        if request.target.hasSameBytes(as: TokenService.tokenPath) {
            self = .token(service.verdict(on: request.fields))
            return
        }
        let path = request.path
        self =
            switch path {
            case TokenService.tokenPath[...]: .token(service.verdict(on: request.fields))
            case TokenService.healthPath[...]: .health
            case TokenService.readinessPath[...]: .readiness
            default: CallRoute(path).map { .calls($0, service.verdict(on: request.fields)) } ?? .other
            }
    }

    /// What the list of allowed origins says about the page, on the routes for pages.
    var page: OriginVerdict? {
        switch self {
        case .token(let page), .calls(_, let page): page
        case .health, .readiness, .other: nil
        }
    }

    /// The path as it is documented; nil for one that has no name in usage lines and metrics.
    var path: String? {
        switch self {
        case .token: TokenService.tokenPath
        case .calls(let route, _): route.pattern
        case .health: TokenService.healthPath
        case .readiness: TokenService.readinessPath
        case .other: nil
        }
    }
}

/// An attempt to mint a client secret.
struct MintAttempt {
    /// The host of the upstream, and its port unless it is that of the scheme.
    let server: (host: String, port: Int?)
    /// Nil while the upstream has not answered, and when it did not mint.
    var secret: ClientSecret?
    /// What the upstream said when it did not mint; nil when it was not reached.
    var report: UpstreamReport?
    /// The key that was tried last; nil while none was.
    var key: UpstreamKey?
}

extension RequestContext {
    /// The route for usage lines and metrics. A request with a defect has none: its target is not to be trusted.
    var routePath: String? { request.defect == nil ? route.path : nil }
}
