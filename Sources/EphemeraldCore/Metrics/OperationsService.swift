package import HTTP

/// What the operations listener answers: a scrape, and nothing else. It is for machines of the operator, so it has no
/// limits and writes no usage lines.
package struct OperationsService: Sendable {
    /// Where metrics are read.
    package static let metricsPath = "/metrics"

    private let families: @Sendable () -> [MetricFamily]

    /// - Parameter families: everything there is to tell, at this moment.
    package init(families: @escaping @Sendable () -> [MetricFamily]) {
        self.families = families
    }

    /// Answers a request, whatever it is.
    package func respond(to request: Request) -> Response {
        guard request.defect == nil else { return Response(.badRequest) }
        guard request.path == OperationsService.metricsPath else { return Response(.notFound) }
        guard request.method == .get || request.method == .head else {
            return Response(.methodNotAllowed, fields: ["Allow": "GET, HEAD"])
        }
        let exposition = Exposition(for: request)
        return Response(
            .ok, fields: ["Content-Type": exposition.mediaType, "Cache-Control": "no-store", "Vary": "Accept"],
            body: Array(exposition.text(families()).utf8))
    }
}
