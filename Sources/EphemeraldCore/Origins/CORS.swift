package import HTTP
import Text

/// The fields of the CORS protocol (Fetch standard, section "HTTP responses").
///
/// A page of a foreign origin may read one thing: that its origin is not allowed. So its preflight is answered like any
/// other, or the browser would not send the request and the page would see a bare network error, and the refusal carries
/// the page's own origin. That gives nothing away: such a page can send the request without a preflight (`text/plain`)
/// as well, `/api/openapi.json` describes the service to every page, and the origin is checked before anything else.
extension OriginPolicy {
    /// The fields of every answer that depends on the origin, refusals and errors included. `Vary` is on the answer to a
    /// foreign page too, or a cache would give it to every page.
    package func responseFields(for page: OriginVerdict, refusedBy refusal: Refusal? = nil) -> Fields {
        switch (page, refusal) {
        case (.allowed(let origin), _):
            var fields: Fields = ["Access-Control-Allow-Origin": origin]
            if allowsCredentials { fields.append("Access-Control-Allow-Credentials", "true") }
            fields.append("Access-Control-Expose-Headers", "Retry-After, RateLimit, RateLimit-Policy, X-Request-Id")
            fields.append("Vary", "Origin")
            return fields
        case (.foreign(let origin, _), .originNotAllowed):
            // Without Allow-Credentials, so a request with cookies stays unreadable.
            return ["Access-Control-Allow-Origin": origin, "Vary": "Origin"]
        default:
            return ["Vary": "Origin"]
        }
    }

    /// Answers OPTIONS on the token route. With `Origin` and `Access-Control-Request-Method` it is a preflight: 204
    /// with what is allowed, or a refusal without any `Access-Control-` field. Without either it is an ordinary OPTIONS.
    package func answerOptions(_ request: Request, from page: OriginVerdict) throws(Refusal) -> Response {
        if case .absent = page { return OriginPolicy.ordinaryOptions }
        guard request.fields.count(of: "Access-Control-Request-Method") > 0 else { return OriginPolicy.ordinaryOptions }
        guard let origin = page.origin,
            request.fields.only("Access-Control-Request-Method")?.hasSameBytes(as: "POST") == true,
            requestsAllowedFieldsOnly(request.fields)
        else { throw .preflightRefused }
        var fields: Fields = ["Access-Control-Allow-Origin": origin]
        if allowsCredentials, case .allowed = page { fields.append("Access-Control-Allow-Credentials", "true") }
        fields.append("Access-Control-Allow-Methods", "POST")
        fields.append("Access-Control-Allow-Headers", OriginPolicy.allowedFieldList)
        // Chromium caps at two hours, Firefox at a day.
        fields.append("Access-Control-Max-Age", "7200")
        fields.append("Vary", OriginPolicy.preflightVary)
        return Response(.noContent, fields: fields)
    }

    private static let ordinaryOptions = Response(
        .noContent, fields: ["Allow": "OPTIONS, POST", "Vary": OriginPolicy.preflightVary])

    /// The field `Vary` of every answer to OPTIONS.
    static let preflightVary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"

    private static let allowedFieldList = allowedFields.joined(separator: ", ")

    private static let allowedFields = ["authorization", "content-type", "x-request-id", "traceparent"]

    /// The names may be in several field lines, with the spaces and empty elements of RFC 9110 section 5.6.1.
    private func requestsAllowedFieldsOnly(_ fields: Fields) -> Bool {
        fields.values(of: "Access-Control-Request-Headers").allSatisfy { line in
            line.utf8.split(separator: UInt8(ascii: ",")).allSatisfy { element in
                let name = element.trimmingOptionalWhitespace
                return name.isEmpty
                    || OriginPolicy.allowedFields.contains { $0.utf8.elementsEqual(name.lazy.map(\.asciiLowercased)) }
            }
        }
    }
}
