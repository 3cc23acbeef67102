package import HTTP

/// The operator's page on the operations listener: its files, and the state that it shows.
///
/// Only browsers and programs on this machine get them. The page's script sends a field of its own, which a page of
/// another origin cannot send without a preflight (Fetch, "CORS-safelisted request-header"), and preflights are refused.
package struct OperatorPage: Sendable {
    /// Where the state is read.
    package static let statusPath = "/status"

    /// What every answer with a file of the page has: it loads nothing from elsewhere, and cannot be framed.
    package static let fields: Fields = [
        "Content-Security-Policy":
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    ]

    private let files: [String: StaticFile]
    private let status: @Sendable () -> [UInt8]

    /// - Parameters:
    ///   - files: the page and what it loads, by path.
    ///   - status: the state as JSON, at this moment.
    package init(files: [String: StaticFile], status: @escaping @Sendable () -> [UInt8]) {
        self.files = files
        self.status = status
    }

    /// Whether there is a file at that path.
    func hasFile(at path: Substring) -> Bool { files[String(path)] != nil }

    /// Answers a request for a file, or for the state.
    func respond(to request: Request) -> Response {
        guard request.method == .get || request.method == .head else {
            return Response(.methodNotAllowed, fields: ["Allow": "GET, HEAD"])
        }
        if let file = files[String(request.path)] { return file.answer(request) }
        return Response(
            .ok, fields: ["Content-Type": "application/json", "Cache-Control": "no-store"],
            body: status() + [UInt8(ascii: "\n")])
    }

    /// Whether the page's own script has sent the request.
    /// - Parameter host: the value of `Host`, which is one of ours.
    static func hasSent(_ request: Request, to host: String) -> Bool {
        let fields = request.fields
        return fields.only("Ephemerald-Page") == "operator"
            && fields.values(of: "Sec-Fetch-Site").allSatisfy { $0 == "same-origin" }
            && isOfOrigin(fields, ofHost: host)
    }

    /// Whether every `Origin` is that of the page itself. Browsers send the field with modules and with DELETE.
    static func isOfOrigin(_ fields: Fields, ofHost host: String) -> Bool {
        fields.values(of: "Origin").allSatisfy { $0 == "http://\(host)" || $0 == "https://\(host)" }
    }
}
