package import HTTP
import Text

/// The routes of the operations listener: metrics, readiness with its details, the calls, the deny-list, and the
/// operator's page. It is for machines of the operator, so it has no limits and writes no usage lines, and it refuses what
/// a web page may have sent, unless it is the operator's page.
///
/// Calls can be ended and callers denied here, so only processes of this machine see these routes, and the page. To
/// everybody else they do not exist.
///
/// A page that rebinds its name (DNS rebinding) can read in the operator's browser what answers at an address of the
/// operator's network: to the browser, the answer is of the page's own origin. Its requests have the page's host name in
/// `Host`, which cannot be an address. `Origin` and `Sec-Fetch-Site` give away every other page.
package struct OperationsService: Sendable {
    /// Where metrics are read.
    package static let metricsPath = "/metrics"

    private let name: String?
    private let readiness: @Sendable () -> Response
    private let families: @Sendable () -> [MetricFamily]
    private let calls: CallOperations
    private let page: OperatorPage?
    /// Nil where nobody can be denied.
    private let denials: DenyOperations?

    /// - Parameters:
    ///   - name: the host name in `OPS_HOST`, which `Host` may have as well; nil for none.
    ///   - readiness: the answer of ``TokenService/detailedReadiness()``, at this moment.
    ///   - families: all metrics, at this moment.
    ///   - calls: the calls of this process; nil where it creates none.
    ///   - page: the operator's page; nil for none.
    ///   - denials: the deny-list; nil where nobody can be denied.
    package init(
        name: String? = nil, readiness: @escaping @Sendable () -> Response,
        families: @escaping @Sendable () -> [MetricFamily], calls: CallKeeper? = nil, page: OperatorPage? = nil,
        denials: DenyOperations? = nil
    ) {
        self.denials = denials
        self.name = name
        self.readiness = readiness
        self.families = families
        self.calls = CallOperations(calls)
        self.page = page
    }

    /// Answers a request, whatever it is.
    package func reply(to request: Request) -> Reply {
        let statusPage = request.path == OperatorPage.statusPath ? page : nil
        let isDenials = denials != nil && request.path == DenyOperations.path
        guard request.defect == nil, isDenials || CallOperations.has(request.path) || statusPage != nil else {
            return .now(respond(to: request))
        }
        guard isOfOperator(request) else { return .now(Response(.notFound)) }
        if let statusPage { return .now(statusPage.respond(to: request)) }
        let reply = if isDenials, let denials { denials.reply(to: request) } else { calls.reply(to: request) }
        switch reply {
        case .now(let response): return .now(uncached(response))
        case .later(let makeResponse): return .later { uncached(await makeResponse()) }
        }
    }

    private func respond(to request: Request) -> Response {
        guard request.defect == nil else { return Response(.badRequest) }
        let page = page.flatMap { $0.hasFile(at: request.path) ? $0 : nil }
        if let reason = reasonToRefuse(request.fields, isOfPage: page != nil) {
            return Response(
                .forbidden, fields: ["Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"],
                body: Array("\(reason)\n".utf8))
        }
        if let page { return isOfThisMachine(request) ? page.respond(to: request) : Response(.notFound) }
        let isMetrics = request.path == OperationsService.metricsPath
        guard isMetrics || request.path == TokenService.readinessPath else { return Response(.notFound) }
        guard request.method == .get || request.method == .head else {
            return Response(.methodNotAllowed, fields: ["Allow": "GET, HEAD"])
        }
        return isMetrics ? metrics(for: request) : uncached(readiness())
    }

    private func metrics(for request: Request) -> Response {
        let exposition = Exposition(for: request)
        return uncached(
            Response(
                .ok, fields: ["Content-Type": exposition.mediaType, "Vary": "Accept"],
                body: Array(exposition.text(families()).utf8)))
    }

    private func uncached(_ response: Response) -> Response {
        var response = response
        response.fields.append("Cache-Control", "no-store")
        return response
    }

    /// Whether a process of this machine has sent the request: no browser, or the operator's page in one.
    private func isOfOperator(_ request: Request) -> Bool {
        guard isOfThisMachine(request), let host = request.fields.only("Host"), isOurs(host) else { return false }
        if page != nil, OperatorPage.hasSent(request, to: host) { return true }
        return request.fields.count(of: "Origin") == 0 && request.fields.count(of: "Sec-Fetch-Site") == 0
    }

    private func isOfThisMachine(_ request: Request) -> Bool {
        switch request.peer {
        case .unix: true
        case .ip(let address, port: _): address.isLoopback
        }
    }

    /// Why the request may come from a web page; nil when it does not.
    /// - Parameter isOfPage: whether it is for a file of the operator's page, which loads the others.
    private func reasonToRefuse(_ fields: Fields, isOfPage: Bool) -> String? {
        let isOwn = isOfPage && fields.only("Host").map { OperatorPage.isOfOrigin(fields, ofHost: $0) } ?? false
        guard fields.count(of: "Origin") == 0 || isOwn else {
            return "This request has an Origin field, so a web page has sent it."
        }
        // A browser sends `none` when its user has typed the address (Fetch Metadata, section 2.3).
        guard fields.values(of: "Sec-Fetch-Site").allSatisfy({ $0 == "none" || isOfPage && $0 == "same-origin" })
        else {
            return "The Sec-Fetch-Site field of this request says that a web page has sent it."
        }
        // A browser always sends Host; HTTP/1.0 does without.
        guard let host = fields["Host"], !isOurs(host) else { return nil }
        return "The Host field of this request is not an IP address, localhost, or the name in OPS_HOST."
    }

    /// - Parameter field: the value of `Host` (RFC 9110 section 7.2). Any port will do: a proxy may have another.
    private func isOurs(_ field: String) -> Bool {
        let host = Origin.hostAndPort(field[...]).host
        if host.first == "[", host.last == "]" { return IPAddress(host.dropFirst().dropLast()) != nil }
        if IPAddress(host) != nil { return true }
        return ["localhost", name].contains { $0.map(String(host).equalsIgnoringCase) ?? false }
    }
}
