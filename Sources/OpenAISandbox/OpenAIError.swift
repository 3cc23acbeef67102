import HTTP
import JSON
import Sessions

/// An error response of OpenAI's.
struct OpenAIError: Error {
    let status: Status
    let type: String
    let code: String
    let message: String
    var param: String?

    static let invalidKey = OpenAIError(
        status: .unauthorized, type: "invalid_request_error", code: "invalid_api_key",
        message: "Incorrect API key provided: sk-sand********************box. "
            + "You can find your API key at https://platform.openai.com/account/api-keys.")

    static let quota = OpenAIError(
        status: .tooManyRequests, type: "insufficient_quota", code: "insufficient_quota",
        message: "You exceeded your current quota, please check your plan and billing details.")

    static let noCalls = OpenAIError(
        status: .badRequest, type: "invalid_request_error", code: "sandbox_takes_no_calls",
        message: "This is the sandbox of ephemerald: it mints secrets and does not accept calls. "
            + "Start the daemon with a key.")

    /// OpenAI's answer for an unknown voice, which does not name it.
    static let noVoiceAccess = OpenAIError(
        status: .forbidden, type: "invalid_request_error", code: "forbidden", message: "Voice session access denied")

    static let noSideband = OpenAIError(
        status: Status(rawValue: 501), type: "invalid_request_error", code: "sandbox_has_no_sideband",
        message: "This is the sandbox of ephemerald: its Live sessions have no sideband. A hang-up ends them.")

    static func invalidRequest(_ code: String, _ message: String, param: String? = nil) -> OpenAIError {
        OpenAIError(status: .badRequest, type: "invalid_request_error", code: code, message: message, param: param)
    }

    /// The usual error of OpenAI's for a status.
    static func usual(for status: Int) -> OpenAIError {
        switch status {
        case 401: .invalidKey
        case 403:
            OpenAIError(
                status: .forbidden, type: "invalid_request_error", code: "unsupported_country_region_territory",
                message: "Country, region, or territory not supported")
        case 429:
            OpenAIError(
                status: .tooManyRequests, type: "requests", code: "rate_limit_exceeded",
                message: "Rate limit reached for requests.")
        case 500...:
            OpenAIError(
                status: Status(rawValue: status), type: "server_error", code: "server_error",
                message: "The server had an error while processing your request.")
        default:
            OpenAIError(
                status: Status(rawValue: status), type: "invalid_request_error", code: "invalid_value",
                message: "The request is refused.")
        }
    }

    var response: Response {
        let error: JSONObject = [
            "message": .string(message), "type": .string(type), "param": param.map(JSON.string) ?? .null,
            "code": .string(code),
        ]
        var fields: Fields = ["Content-Type": "application/json"]
        if code == "rate_limit_exceeded" { fields.append("Retry-After", "7") }
        return Response(status, fields: fields, body: JSON.object(["error": .object(error)]).serialized())
    }
}
