import HTTP

/// The parts of answers that no step of the policy decides.
extension TokenService {
    /// The fields of CORS on the token route, and what every answer carries.
    func addCommonFields(
        to response: inout Response, for request: Request, refusedBy refusal: Refusal?, requestID: RequestID
    ) {
        let isPreflight = request.method == .options && request.defect == nil
        if request.path == TokenService.tokenPath, !isPreflight {
            response.fields.append(contentsOf: rules.origins.responseFields(for: request, refusedBy: refusal))
        }
        if response.fields["Cache-Control"] == nil { response.fields.append("Cache-Control", "no-store") }
        response.fields.append("X-Content-Type-Options", "nosniff")
        response.fields.append("Referrer-Policy", "no-referrer")
        response.fields.append("X-Request-Id", requestID.description)
    }
}
