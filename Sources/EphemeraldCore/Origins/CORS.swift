package import HTTP
import Text

/// The fields of the CORS protocol (Fetch standard, section "HTTP responses").
///
/// A page of a forbidden origin may read one thing: that its origin is forbidden. So its preflight is answered like any
/// other, or the browser would not send the request and the page would see a bare network error, and the refusal carries
/// the page's own origin. That gives nothing away: such a page can send the request without a preflight (`text/plain`)
/// as well, `/api/openapi.json` says to every page what is here, and the origin is checked before anything else.
extension OriginPolicy {
    /// What goes on every answer that depends on the origin, refusals and errors included. `Vary` is on the answer
    /// to a stranger too, or a cache would give it to everybody.
    package func responseFields(for request: Request, refusedBy refusal: Refusal? = nil) -> Fields {
        guard let origin = reader(of: request) else {
            // Without Allow-Credentials, so a request with cookies stays unreadable.
            guard refusal == .originNotAllowed, let asker = asker(of: request) else { return ["Vary": "Origin"] }
            return ["Access-Control-Allow-Origin": asker, "Vary": "Origin"]
        }
        var fields: Fields = ["Access-Control-Allow-Origin": origin]
        if allowsCredentials { fields.append("Access-Control-Allow-Credentials", "true") }
        fields.append("Access-Control-Expose-Headers", "Retry-After, RateLimit, RateLimit-Policy, X-Request-Id")
        fields.append("Vary", "Origin")
        return fields
    }

    /// Answers OPTIONS on the token route. With `Origin` and `Access-Control-Request-Method` it is a preflight: 204
    /// with what is allowed, or 403 without any `Access-Control-` field. Without either it is an ordinary OPTIONS.
    package func answerOptions(_ request: Request) -> Response {
        guard request.fields.count(of: "Origin") > 0, request.fields.count(of: "Access-Control-Request-Method") > 0
        else {
            return Response(.noContent, fields: ["Allow": "OPTIONS, POST", "Vary": OriginPolicy.preflightVary])
        }
        let reader = reader(of: request)
        guard let origin = reader ?? asker(of: request),
            request.fields.only("Access-Control-Request-Method")?.hasSameBytes(as: "POST") == true,
            asksForAllowedFieldsOnly(request.fields)
        else { return Response(.forbidden, fields: ["Vary": OriginPolicy.preflightVary]) }
        var fields: Fields = ["Access-Control-Allow-Origin": origin]
        if allowsCredentials, reader != nil { fields.append("Access-Control-Allow-Credentials", "true") }
        fields.append("Access-Control-Allow-Methods", "POST")
        fields.append("Access-Control-Allow-Headers", OriginPolicy.allowedFieldList)
        // Chromium caps at two hours, Firefox at a day.
        fields.append("Access-Control-Max-Age", "7200")
        fields.append("Vary", OriginPolicy.preflightVary)
        return Response(.noContent, fields: fields)
    }

    private static let preflightVary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"

    private static let allowedFieldList = allowedFields.joined(separator: ", ")

    private static let allowedFields = ["authorization", "content-type", "x-request-id", "traceparent"]

    /// The names may come in several field lines; spaces and empty elements are as RFC 9110 section 5.6.1 lets them be.
    private func asksForAllowedFieldsOnly(_ fields: Fields) -> Bool {
        fields.values(of: "Access-Control-Request-Headers").allSatisfy { line in
            line.utf8.split(separator: UInt8(ascii: ",")).allSatisfy { element in
                let name = element.trimmingOptionalWhitespace
                return name.isEmpty
                    || OriginPolicy.allowedFields.contains { $0.utf8.elementsEqual(name.lazy.map(\.asciiLowercased)) }
            }
        }
    }
}
