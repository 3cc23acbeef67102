package import HTTP

/// The fields of the CORS protocol (Fetch standard, section "HTTP responses"). `Access-Control-Allow-Credentials` is
/// never sent: the token route knows no cookies.
extension OriginPolicy {
    /// What goes on every answer that depends on the origin, refusals and errors included. `Vary` stands on the answer
    /// to a stranger too, or a cache would give it to everybody.
    package func responseFields(for request: Request) -> Fields {
        guard let origin = reader(of: request) else { return ["Vary": "Origin"] }
        return [
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": "Retry-After, RateLimit, RateLimit-Policy, X-Request-Id",
            "Vary": "Origin",
        ]
    }

    /// Answers OPTIONS on the token route. With `Origin` and `Access-Control-Request-Method` it is a preflight: 204
    /// with what is allowed, or 403 without any `Access-Control-` field. Without either it is an ordinary OPTIONS.
    package func answerOptions(_ request: Request) -> Response {
        guard request.fields.count(of: "Origin") > 0, request.fields.count(of: "Access-Control-Request-Method") > 0
        else {
            return Response(.noContent, fields: ["Allow": "OPTIONS, POST", "Vary": OriginPolicy.preflightVary])
        }
        guard let origin = reader(of: request),
            request.fields.only("Access-Control-Request-Method")?.hasSameBytes(as: "POST") == true,
            asksForAllowedFieldsOnly(request.fields)
        else { return Response(.forbidden, fields: ["Vary": OriginPolicy.preflightVary]) }
        return Response(
            .noContent,
            fields: [
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Methods": "POST",
                "Access-Control-Allow-Headers": OriginPolicy.allowedFieldList,
                // Chromium caps at two hours, Firefox at a day.
                "Access-Control-Max-Age": "7200",
                "Vary": OriginPolicy.preflightVary,
            ])
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
