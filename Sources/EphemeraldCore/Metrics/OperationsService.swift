package import HTTP
import Text

/// The routes of the operations listener: metrics, readiness with its details, the calls, and the deny-list. It is for machines of the
/// operator, so it has no limits and writes no usage lines, and it refuses what a web page may have sent.
///
/// Calls can be ended and callers denied here, so only processes of this machine see these routes. To everybody else they do not exist.
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
    /// Nil where nobody can be denied.
    private let denials: DenyOperations?

    /// - Parameters:
    ///   - name: the host name in `OPS_HOST`, which `Host` may have as well; nil for none.
    ///   - readiness: the answer of ``TokenService/detailedReadiness()``, at this moment.
    ///   - families: all metrics, at this moment.
    ///   - calls: the calls of this process; nil where it creates none.
    ///   - denials: the deny-list; nil where nobody can be denied.
    package init(
        name: String? = nil, readiness: @escaping @Sendable () -> Response,
        families: @escaping @Sendable () -> [MetricFamily], calls: CallKeeper? = nil,
        denials: DenyOperations? = nil
    ) {
        self.denials = denials
        self.name = name
        self.readiness = readiness
        self.families = families
        self.calls = CallOperations(calls)
    }

    /// Answers a request, whatever it is.
    package func reply(to request: Request) -> Reply {
        let isDenials = denials != nil && request.path == DenyOperations.path
        guard request.defect == nil, isDenials || CallOperations.has(request.path) else {
            return .now(respond(to: request))
        }
        guard isOfOperator(request) else { return .now(Response(.notFound)) }
        if isDenials, let denials { return .now(uncached(denials.reply(to: request))) }
        switch calls.reply(to: request) {
        case .now(let response): return .now(uncached(response))
        case .later(let makeResponse): return .later { uncached(await makeResponse()) }
        }
    }

    private func respond(to request: Request) -> Response {
        guard request.defect == nil else { return Response(.badRequest) }
        if let reason = reasonToRefuse(request.fields) {
            return Response(
                .forbidden, fields: ["Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"],
                body: Array("\(reason)\n".utf8))
        }
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

    /// Whether a process of this machine has sent the request, and no browser.
    private func isOfOperator(_ request: Request) -> Bool {
        let isLocal =
            switch request.peer {
            case .unix: true
            case .ip(let address, port: _): address.isLoopback
            }
        guard isLocal, let host = request.fields.only("Host"), isOurs(host) else { return false }
        return request.fields.count(of: "Origin") == 0 && request.fields.count(of: "Sec-Fetch-Site") == 0
    }

    /// Why the request may come from a web page; nil when it does not.
    private func reasonToRefuse(_ fields: Fields) -> String? {
        if fields.count(of: "Origin") > 0 { return "This request has an Origin field, so a web page has sent it." }
        // A browser sends `none` when its user has typed the address (Fetch Metadata, section 2.3).
        guard fields.values(of: "Sec-Fetch-Site").allSatisfy({ $0 == "none" }) else {
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
