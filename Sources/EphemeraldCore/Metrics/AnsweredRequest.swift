import HTTP

/// An answered request by what metrics and spans tell apart: a few values, none of which a stranger can invent.
///
/// It is made for every request and looked up by comparison, so it has no text in it.
struct AnsweredRequest: Equatable, Sendable {
    let status: Status
    let route: RouteName
    let method: MethodName
    /// The kind of the refusal if the answer is an error of the server (5xx).
    let error: RefusalKind?

    init(_ context: RequestContext, _ status: Status, _ refusal: Refusal?) {
        self.status = status
        route = RouteName(context)
        method = MethodName(context.request.method)
        error = status.rawValue >= 500 ? refusal?.kind : nil
    }

    static func == (left: AnsweredRequest, right: AnsweredRequest) -> Bool {
        left.number == right.number && left.error === right.error
    }

    /// Whether it may have a span: probes, files and preflights have none.
    var hasSpan: Bool { route.isForPages && method != .options }

    /// All of it but the error.
    var number: Int { status.rawValue << 16 | Int(route.rawValue) << 8 | Int(method.rawValue) }

    /// The labels of `http_server_request_duration_seconds`, as OpenTelemetry's conventions for HTTP name them. The peer
    /// speaks plain HTTP: TLS ends at the proxy.
    var labels: [(name: String, value: String)] {
        [
            ("http_request_method", method.text), ("http_route", route.text),
            ("http_response_status_code", "\(status.rawValue)"), ("error_type", error?.code ?? ""),
            ("url_scheme", "http"),
        ]
    }
}

/// The route of a request, as metrics and spans name it.
enum RouteName: UInt8, Sendable {
    case token, calls, call, lease, end, health, readiness
    /// A path that is not documented, or a request that is not valid HTTP: its target is not to be trusted.
    case other

    init(_ context: RequestContext) {
        guard case .none = context.request.defect else {
            self = .other
            return
        }
        self =
            switch context.route {
            case .token: .token
            case .calls(.create, _): .calls
            case .calls(.call, _): .call
            case .calls(.lease, _): .lease
            case .calls(.end, _): .end
            case .health: .health
            case .readiness: .readiness
            case .other: .other
            }
    }

    /// Whether it is about tokens or calls, so that its time is measured.
    var isForPages: Bool {
        switch self {
        case .token, .calls, .call, .lease, .end: true
        case .health, .readiness, .other: false
        }
    }

    /// The path as it is documented.
    var text: String {
        switch self {
        case .token: TokenService.tokenPath
        case .calls: CallRoute.create.pattern
        case .call: CallRoute.call(nil).pattern
        case .lease: CallRoute.lease(nil).pattern
        case .end: CallRoute.end(nil).pattern
        case .health: TokenService.healthPath
        case .readiness: TokenService.readinessPath
        case .other: "other"
        }
    }
}

/// The method of a request, as metrics and spans name it.
enum MethodName: UInt8, Sendable {
    case get, head, post, options, delete
    /// A method that nothing here answers.
    case other

    /// The length decides what a method may be: comparing with a text that differs is slow.
    init(_ method: Method) {
        self =
            switch method.rawValue.utf8.count {
            case 4 where method == .post: .post
            case 4 where method == .head: .head
            case 3 where method == .get: .get
            case 7 where method == .options: .options
            case 6 where method == .delete: .delete
            default: .other
            }
    }

    /// The method, or `_OTHER`, as OpenTelemetry's conventions for HTTP write it.
    var text: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .options: "OPTIONS"
        case .delete: "DELETE"
        case .other: "_OTHER"
        }
    }
}
