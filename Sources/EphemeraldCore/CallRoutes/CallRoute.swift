import Text

/// A path of the routes for calls.
enum CallRoute: Hashable, Sendable {
    /// Where calls are created.
    case create
    /// A call, which can be ended. The id is nil for a segment that cannot be one.
    case call(CallID?)
    /// Where the lease of a call is renewed.
    case lease(CallID?)
    /// Where a page that is being left ends its call.
    case end(CallID?)

    /// Where calls are created, as it appears in a request line. Their own paths begin with it.
    static let path = "/api/realtime/calls"

    /// Nil for a path that is none of these.
    init?(_ path: Substring) {
        guard path.utf8.starts(with: CallRoute.path.utf8) else { return nil }
        let rest = path.utf8.dropFirst(CallRoute.path.utf8.count)
        if rest.isEmpty {
            self = .create
            return
        }
        let segments = rest.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard (2...3).contains(segments.count), segments[0].isEmpty, !segments[1].isEmpty else { return nil }
        let id = CallID(segments[1])
        guard segments.count == 3 else {
            self = .call(id)
            return
        }
        if segments[2].elementsEqual("lease".utf8) {
            self = .lease(id)
        } else if segments[2].elementsEqual("end".utf8) {
            self = .end(id)
        } else {
            return nil
        }
    }

    /// The path as it is documented. Usage lines and metrics have it in place of a path with an id.
    var pattern: String {
        switch self {
        case .create: CallRoute.path
        case .call: "/api/realtime/calls/{id}"
        case .lease: "/api/realtime/calls/{id}/lease"
        case .end: "/api/realtime/calls/{id}/end"
        }
    }

    /// The methods, as the field `Allow` has them.
    var allowed: String {
        switch self {
        case .create, .lease, .end: "OPTIONS, POST"
        case .call: "DELETE, OPTIONS"
        }
    }
}

extension Route {
    /// Whether the request is about a call that exists. There are many of these, so only refused ones have usage lines.
    var isRenewalOrEnd: Bool {
        if case .calls(let route, _) = self { route != .create } else { false }
    }
}
