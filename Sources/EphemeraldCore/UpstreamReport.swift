import HTTP
import Sessions

/// What the upstream said when it did not mint. It goes to the log and never to the browser.
package struct UpstreamReport: Hashable, Sendable {
    /// The status of its answer; nil when there was none.
    package var status: Int?
    /// `error.code`, else `error.type`, of its answer.
    package var code: String?
    /// `error.message` of its answer, or what the transfer failed of.
    package var message: String?
    /// `x-request-id`, for the upstream's support.
    package var requestID: String?

    /// Reads OpenAI's error body; seen once without the wrapper `error`, so both are read.
    /// - Parameter keys: hidden should the message quote one.
    init(_ response: Response, hiding keys: [Secret]) {
        status = response.status.rawValue
        requestID = response.fields["x-request-id"]
        let selection: JSONSelection = ["error", "code", "type", "message"]
        guard let body = try? JSON(parsing: response.body, only: selection) else { return }
        let error = body["error"]?.objectValue == nil ? body : body["error"] ?? .null
        code = error["code"]?.stringValue ?? error["type"]?.stringValue
        message = error["message"]?.stringValue.map { UpstreamReport.hide(keys, in: $0) }
    }

    init(_ failure: TransferFailure) {
        switch failure {
        case .cannotConnect(let reason): (code, message) = ("cannot_connect", reason)
        case .tls(let reason): (code, message) = ("tls", reason)
        case .timedOut: code = "timed_out"
        case .broken(let reason): (code, message) = ("broken", reason)
        case .tooLarge: code = "too_large"
        case .cancelled: code = "cancelled"
        }
    }

    init(code: String) {
        self.code = code
    }

    /// OpenAI quotes a refused key, in part and with asterisks, in its message; others may quote it whole.
    private static func hide(_ keys: [Secret], in message: String) -> String {
        let whole = keys.reduce(message) { $0.replacing($1.reveal(), with: "<redacted>") }
        return whole.split(separator: " ", omittingEmptySubsequences: false).map { word in
            word.contains("sk-") || word.contains("ek_") || word.contains("*") ? "<redacted>" : word
        }.joined(separator: " ")
    }
}
