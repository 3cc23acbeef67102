import CCurl
import HTTP

extension TransferFailure {
    /// What libcurl's result code of a transfer means to the caller: the one place where that is decided.
    /// - Parameters:
    ///   - code: not CURLE_OK.
    ///   - wasSent: whether any of the request can have reached the server.
    ///   - excess: the limit at which we ended the transfer ourselves.
    ///   - words: what happened, for the log.
    init(_ code: CURLcode, wasSent: Bool, excess: Answer.Excess?, words: String) {
        switch code {
        case CURLE_WRITE_ERROR where excess == .body:
            self = .tooLarge
        case CURLE_WRITE_ERROR where excess == .head:
            self = .broken("the head of the answer is too long")
        case CURLE_OPERATION_TIMEDOUT:
            self = wasSent ? .timedOut : .cannotConnect("timed out: \(words)")
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
            self = .tls(words)
        default:
            // Among these CURLE_HTTP2_STREAM (92), with which libcurl 7.88.1 reports an HTTP/2 server that answers
            // before it has read the whole request.
            self = wasSent ? .broken(words) : .cannotConnect(words)
        }
    }
}

/// A message of libcurl's made fit for a log: one line of printable ASCII that holds no value of the request's fields.
/// - Parameters:
///   - message: may quote what a server said, and a server knows our key.
///   - code: whose general description stands in for a message that is empty or holds a value.
func presentable(_ message: String, for code: CURLcode, hiding fields: Fields) -> String {
    let general = words(of: code)
    let quotesValue = fields.all.contains { field in
        // A scheme and a credential: either alone would do harm enough. Short pieces are no secrets.
        field.value.split(separator: " ").contains { $0.utf8.count >= 8 && message.contains($0) }
    }
    guard !message.isEmpty, !quotesValue else { return general }
    return String(message.unicodeScalars.map { (" "..."~").contains($0) ? Character($0) : "?" })
}
