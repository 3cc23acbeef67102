import HTTP
import JSON
import Sessions
import Text

/// The parameters of a request to the token route: a session, and what to change in it.
struct TokenRequest {
    /// `default` when the request names none.
    let session: String
    let overrides: JSONObject
    let variables: JSONObject

    /// Reads the body (none, or `{"session": …, "overrides": {…}, "variables": {…}}`) and `?session=` of the target. The
    /// content type is ignored: a page of a foreign origin is stopped by its origin, not by a preflight.
    init(_ request: Request) throws(Refusal) {
        let asked = try TokenRequest.sessionInQuery(of: request)
        guard !request.body.isEmpty else {
            (session, overrides, variables) = (asked ?? "default", [:], [:])
            return
        }
        let body = try TokenRequest.object(in: request.body)
        for name in body.names where !TokenRequest.isMember(name) {
            throw .invalidRequest(path: name, "is not a known member")
        }
        let named = try TokenRequest.sessionName(in: body)
        if let asked, let named, !asked.hasSameBytes(as: named) {
            throw .invalidRequest(path: "session", "differs from the session in the query")
        }
        session = named ?? asked ?? "default"
        overrides = try TokenRequest.member("overrides", of: body)
        variables = try TokenRequest.member("variables", of: body)
    }

    /// How many values a body may have. Overrides and variables are a few dozen; a body of small values costs far more
    /// time than one of the same size in long texts.
    private static let mostValues = 4096

    private static func isMember(_ name: String) -> Bool {
        ["session", "overrides", "variables"].contains { $0.hasSameBytes(as: name) }
    }

    private static func object(in body: [UInt8]) throws(Refusal) -> JSONObject {
        let json: JSON
        do { json = try JSON(parsing: body, values: TokenRequest.mostValues) } catch {
            throw .invalidRequest(path: "", "is not JSON: line \(error.line), column \(error.column): \(error.message)")
        }
        guard let object = json.objectValue else { throw .invalidRequest(path: "", "must be a JSON object") }
        return object
    }

    private static func sessionName(in body: JSONObject) throws(Refusal) -> String? {
        guard let value = body["session"] else { return nil }
        guard let name = value.stringValue else { throw .invalidRequest(path: "session", "must be a string") }
        return name
    }

    private static func member(_ name: String, of body: JSONObject) throws(Refusal) -> JSONObject {
        guard let value = body[name] else { return [:] }
        guard let object = value.objectValue else { throw .invalidRequest(path: name, "must be an object") }
        return object
    }

    /// Names need no percent-encoding, so none is undone. A parameter without `=` has the empty value (URL standard,
    /// "application/x-www-form-urlencoded parsing"), which is not a name of a session.
    private static func sessionInQuery(of request: Request) throws(Refusal) -> String? {
        guard let query = request.query else { return nil }
        let values = query.split(separator: "&").compactMap { parameter -> Substring? in
            if parameter.utf8.elementsEqual("session".utf8) { return "" }
            return parameter.hasPrefix("session=") ? parameter.dropFirst("session=".count) : nil
        }
        guard values.count <= 1 else { throw .invalidRequest(path: "session", "is repeated in the query") }
        return values.first.map(String.init)
    }
}

extension TokenRequest {
    /// The body of the mint: the session, with what the request changes in it.
    func body(for session: Session) throws(Refusal) -> [UInt8] {
        do {
            return try session.body(overrides: overrides, variables: variables)
        } catch {
            throw .invalidRequest(path: error.part ?? "", error.reason)
        }
    }
}
