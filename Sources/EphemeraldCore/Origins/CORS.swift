package import HTTP
import Text

/// The fields of the CORS protocol (Fetch standard, section "HTTP responses").
///
/// A page of a foreign origin may read one thing: that its origin is not allowed. So its preflight is answered like any
/// other, or the browser would not send the request and the page would see a bare network error, and the refusal carries
/// the page's own origin. That gives nothing away: such a page can send the request without a preflight (`text/plain`)
/// as well, `/api/openapi.json` describes the service to every page, and the origin is checked before anything else.
extension OriginPolicy {
    /// Adds the fields of every answer that depends on the origin, refusals and errors included. `Vary` is on the answer
    /// to a foreign page too, or a cache would give it to every page.
    /// - Parameter isCall: whether the answer is that to the creation of a call.
    package func addResponseFields(
        to fields: inout Fields, for page: OriginVerdict, refusedBy refusal: Refusal? = nil, isCall: Bool = false
    ) {
        switch (page, refusal) {
        case (.allowed(let origin), _):
            fields.append("Access-Control-Allow-Origin", origin)
            if allowsCredentials { fields.append("Access-Control-Allow-Credentials", "true") }
            return fields.append(sharing: isCall ? OriginPolicy.fieldsOfCalls : OriginPolicy.fieldsOfAnswers)
        case (.foreign(let origin, _), .originNotAllowed):
            // Without Allow-Credentials, so a request with cookies stays unreadable.
            fields.append("Access-Control-Allow-Origin", origin)
        default: break
        }
        fields.append(sharing: OriginPolicy.fieldsForOthers)
    }

    /// What a page may read of an answer.
    private static let exposedFields = "Retry-After, RateLimit, RateLimit-Policy, X-Request-Id"
    /// For an allowed page.
    private static let fieldsOfAnswers: Fields = ["Access-Control-Expose-Headers": exposedFields, "Vary": "Origin"]
    /// For an allowed page that has created a call.
    private static let fieldsOfCalls: Fields = [
        "Access-Control-Expose-Headers": "Location, \(exposedFields)", "Vary": "Origin",
    ]
    /// For any other page, and for a client without one.
    private static let fieldsForOthers: Fields = ["Vary": "Origin"]

    /// Answers OPTIONS on the token route and, with one answer for all of them, on the routes for calls. With `Origin` and
    /// `Access-Control-Request-Method` it is a preflight: 204 with what is allowed, or a refusal without any
    /// `Access-Control-` field. Without either it is an ordinary OPTIONS.
    /// - Parameter allowed: the field `Allow` of a route for calls; nil for the token route.
    package func answerOptions(
        _ request: Request, from page: OriginVerdict, onCalls allowed: String? = nil
    ) throws(Refusal) -> Response {
        guard let method = request.fields["Access-Control-Request-Method"], !page.isAbsent else {
            return OriginPolicy.ordinaryOptions(allowed)
        }
        guard let origin = page.origin,
            method.hasSameBytes(as: "POST") || allowed != nil && method.hasSameBytes(as: "DELETE"),
            request.fields.only("Access-Control-Request-Method") != nil, requestsAllowedFieldsOnly(request.fields)
        else { throw .preflightRefused }
        var fields = Fields()
        fields.reserveCapacity(OriginPolicy.mostFields)
        fields.append("Access-Control-Allow-Origin", origin)
        if allowsCredentials, case .allowed = page { fields.append("Access-Control-Allow-Credentials", "true") }
        fields.append(sharing: allowed == nil ? OriginPolicy.preflightFields : OriginPolicy.preflightFieldsOfCalls)
        return Response(.noContent, fields: fields)
    }

    /// What every page may send to the token route.
    private static let preflightFields = preflightFields(for: "POST")
    /// What every page may send to the routes for calls.
    private static let preflightFieldsOfCalls = preflightFields(for: "DELETE, POST", types: CallRequest.acceptedTypes)

    private static func preflightFields(for methods: String, types: String? = nil) -> Fields {
        var fields: Fields = [
            "Access-Control-Allow-Methods": methods, "Access-Control-Allow-Headers": allowedFieldList,
            // Chromium caps at two hours, Firefox at a day.
            "Access-Control-Max-Age": "7200",
        ]
        if let types { fields.append("Accept-Post", types) }
        fields.append("Vary", preflightVary)
        return fields
    }

    private static func ordinaryOptions(_ allowed: String?) -> Response {
        var fields: Fields = ["Allow": allowed ?? "OPTIONS, POST"]
        if allowed?.contains("POST") == true { fields.append("Accept-Post", CallRequest.acceptedTypes) }
        fields.append("Vary", OriginPolicy.preflightVary)
        return Response(.noContent, fields: fields)
    }

    /// The field `Vary` of every answer to OPTIONS.
    static let preflightVary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"

    private static let allowedFieldList = allowedFields.joined(separator: ", ")

    private static let allowedFields = ["authorization", "content-type", "x-request-id", "traceparent"]

    /// Lines of an answer to a preflight that depend on the request.
    private static let mostFields = 3

    /// What browsers request for the pages that use this service: names in lower case, sorted, without spaces (Fetch
    /// standard, "CORS-preflight fetch"). They are compared whole.
    private static let usualLists = ["content-type", "authorization", "authorization,content-type"]

    /// The names may be in several field lines, with the spaces and empty elements of RFC 9110 section 5.6.1.
    private func requestsAllowedFieldsOnly(_ fields: Fields) -> Bool {
        let field = "Access-Control-Request-Headers"
        if let list = fields.only(field), OriginPolicy.usualLists.contains(where: list.hasSameBytes) { return true }
        return fields.values(of: field).allSatisfy { line in
            line.utf8.split(separator: UInt8(ascii: ",")).allSatisfy { element in
                let name = element.trimmingOptionalWhitespace
                return name.isEmpty
                    || OriginPolicy.allowedFields.contains { $0.utf8.elementsEqual(name.lazy.map(\.asciiLowercased)) }
            }
        }
    }
}
