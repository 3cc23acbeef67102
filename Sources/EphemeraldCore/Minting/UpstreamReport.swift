import HTTP
import JSON
import Text

/// What the upstream said when it did not mint. It goes to the log and never to the browser.
package struct UpstreamReport: Hashable, Sendable {
    /// The status of the answer; nil when there was none.
    package var status: Int?
    /// `error.code`, else `error.type`, of the answer.
    package var code: String?
    /// `error.message` of the answer, or why the transfer failed.
    package var message: String?
    /// The field `x-request-id`, for the upstream's support.
    package var requestID: String?
    /// What the operator should check; nil when the upstream's message says it.
    package private(set) var advice: String?

    /// Reads OpenAI's error body, with or without the wrapper `error`: both have been seen.
    /// - Parameter keys: they are hidden, because the message may quote one.
    init(_ response: Response, hiding keys: [Secret]) {
        status = response.status.rawValue
        requestID = response.fields["x-request-id"].map { UpstreamReport.hide(keys, in: $0) }
        let selection: JSONSelection = ["error", "code", "type", "message"]
        guard let body = try? JSON(parsing: response.body, only: selection) else { return }
        let error = body["error"]?.objectValue == nil ? body : body["error"] ?? .null
        code = (error["code"]?.stringValue ?? error["type"]?.stringValue).map { UpstreamReport.hide(keys, in: $0) }
        message = error["message"]?.stringValue.map { UpstreamReport.hide(keys, in: $0) }
    }

    init(_ failure: TransferFailure) {
        code = failure.code
        switch failure {
        case .cannotConnect(let reason), .tls(let reason), .broken(let reason): message = reason
        case .timedOut, .tooLarge, .cancelled: break
        }
    }

    /// Says where to look after a 404: OpenAI and Azure have codes for an unknown model, and a 404 without one of them
    /// comes from a server that has no such path.
    /// - Parameter model: the session's model; nil when its file names none.
    mutating func adviseOnNotFound(at url: String, model: String?) {
        let isModel = ["model_not_found", "invalid_model", "DeploymentNotFound"].contains(code)
        let name = model.map { "the model \($0)" } ?? "the model that the session uses"
        advice =
            isModel
            ? "the upstream does not know \(name): check the model of the session, then OPENAI_BASE_URL"
            : "there is nothing at \(url): check OPENAI_BASE_URL, then \(name)"
    }

    /// OpenAI quotes a refused key, in part and with asterisks, in its message; others may quote it whole, or a piece
    /// of one that no prefix gives away. Whole keys are looked for in the whole text, so that none is cut in two; pieces
    /// in its first 1,024 scalars, which are all that is kept and more than any log takes.
    private static func hide(_ keys: [Secret], in text: String) -> String {
        let whole = keys.reduce(text) { $0.replacing($1.reveal(), with: "<redacted>") }
        let start = String(String.UnicodeScalarView(whole.unicodeScalars.prefix(1_024)))
        let pieces = keys.reduce(into: Set()) { $0.formUnion($1.reveal().pieces) }
        return start.split(separator: " ", omittingEmptySubsequences: false).map { word in
            let isMarked = word.contains("sk-") || word.contains("ek_") || word.contains("*")
            return isMarked || !pieces.isDisjoint(with: word.pieces) ? "<redacted>" : word
        }.joined(separator: " ")
    }

    /// The report on one line, for the log.
    package var summary: String {
        let parts = [
            status.map(String.init), code?.loggable(128), message?.loggable(512), advice?.loggable(512),
            requestID?.loggable(128),
        ]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }
}

extension StringProtocol {
    /// Every eight bytes in a row, each as a number; none of a text that is shorter.
    fileprivate var pieces: Set<UInt64> {
        var last: UInt64 = 0
        let numbers = utf8.map { byte in
            last = last << 8 | UInt64(byte)
            return last
        }
        return Set(numbers.dropFirst(7))
    }
}
