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
        guard !request.body.isEmpty else {
            self = try TokenRequest(inQueryOf: request)
            return
        }
        self = try TokenRequest(TokenRequest.object(in: request.body), inQueryOf: request)
    }

    /// Reads the query only.
    init(inQueryOf request: Request) throws(Refusal) {
        session = try TokenRequest.parameter("session", inQueryOf: request).map(String.init) ?? "default"
        (overrides, variables) = ([:], [:])
    }

    /// Reads a body and the query.
    /// - Parameter others: the members that the body may have besides.
    init(_ body: JSONObject, inQueryOf request: Request, besides others: [String] = []) throws(Refusal) {
        let asked = try TokenRequest.parameter("session", inQueryOf: request).map(String.init)
        let members = ["session", "overrides", "variables"] + others
        for name in body.names where !members.contains(where: { $0.hasSameBytes(as: name) }) {
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

    /// The JSON object in a body.
    static func object(in body: [UInt8]) throws(Refusal) -> JSONObject {
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

    /// The value of a parameter in the query; nil when it is not there. Values need no percent-encoding, so none is
    /// undone. A parameter without `=` has the empty value (URL standard, "application/x-www-form-urlencoded parsing").
    static func parameter(_ name: String, inQueryOf request: Request) throws(Refusal) -> Substring? {
        guard let query = request.query else { return nil }
        let values = query.split(separator: "&").compactMap { parameter -> Substring? in
            if parameter.utf8.elementsEqual(name.utf8) { return "" }
            return parameter.hasPrefix("\(name)=") ? parameter.dropFirst(name.count + 1) : nil
        }
        guard values.count <= 1 else { throw .invalidRequest(path: name, "is repeated in the query") }
        return values.first
    }
}

extension TokenRequest {
    /// The member `session` of a request that creates a call: with what the request changes in it.
    func configuration(for session: Session) throws(Refusal) -> JSONObject {
        do {
            return try session.configuration(overrides: overrides, variables: variables)
        } catch {
            throw .invalidRequest(path: error.part ?? "", error.reason)
        }
    }

    /// The body of the mint: the session, with what the request changes in it.
    func body(for session: Session) throws(Refusal) -> [UInt8] {
        do {
            return try session.body(overrides: overrides, variables: variables)
        } catch {
            throw .invalidRequest(path: error.part ?? "", error.reason)
        }
    }
}
