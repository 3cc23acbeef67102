import CCurl
import Glibc
import HTTP
import System

extension TransferFailure {
    /// What libcurl's result code of a transfer means to the caller: the one place where that is decided.
    /// - Parameters:
    ///   - code: not CURLE_OK.
    ///   - wasSent: whether any of the request can have reached the server.
    ///   - excess: the limit at which we ended the transfer ourselves.
    ///   - words: what happened, for the log.
    init(_ code: CURLcode, wasSent: Bool, excess: PartialResponse.Excess?, words: String) {
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
        case CURLE_SEND_FAIL_REWIND:
            self = .broken("the server closed the connection before it answered; the request may not be repeated")
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
///   - code: whose general description replaces a message that is empty or holds a value.
func presentable(_ message: String, for code: CURLcode, hiding fields: Fields) -> String {
    let general = words(of: code)
    let quotesValue = fields.all.contains { field in
        // A scheme and a credential: either would do harm enough by itself. Short pieces are not secrets.
        field.value.split(separator: " ").contains { $0.utf8.count >= 8 && message.contains($0) }
    }
    guard !message.isEmpty, !quotesValue else { return general }
    return String(message.unicodeScalars.map { (" "..."~").contains($0) ? Character($0) : "?" })
}

/// Why a byte stream has ended, or never began.
package enum StreamFailure: Error, Hashable, Sendable {
    /// There was no connection. Nothing was sent.
    case cannotConnect(String)
    /// The peer did not prove who it is, or does not speak TLS. Nothing was sent.
    case tls(String)
    /// There was no connection in the time that it may take. Nothing was sent.
    case timedOut
    /// The peer closed the connection; everything that it sent has been received.
    case ended
    /// The connection broke.
    case broken(String)
}

extension StreamFailure: CustomStringConvertible {
    /// For an operator: one line of printable ASCII. The same cause has the same text each time.
    package var description: String {
        switch self {
        case .cannotConnect(let words), .tls(let words), .broken(let words): words
        case .timedOut: "no connection in time"
        case .ended: "the peer closed the connection"
        }
    }
}

extension EasyHandle {
    /// What the result code of connecting means.
    func connectFailure(_ code: CURLcode) -> StreamFailure {
        switch code {
        case CURLE_OPERATION_TIMEDOUT: return .timedOut
        case CURLE_COULDNT_CONNECT:
            // libcurl's own message counts milliseconds, so it differs each time.
            let number = CInt(truncatingIfNeeded: number(CURLINFO_OS_ERRNO))
            return .cannotConnect(number == 0 ? words(of: code) : SystemError("connect", code: number).reason)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
            return .tls(message(for: code))
        default:
            let answer = number(CURLINFO_HTTP_CONNECTCODE)
            return .cannotConnect(answer == 0 ? message(for: code) : "the proxy answered \(answer)")
        }
    }

    /// What the result code of sending or receiving means.
    func streamFailure(_ code: CURLcode) -> StreamFailure {
        .broken(message(for: code))
    }

    private func message(for code: CURLcode) -> String {
        presentable(lastMessage, for: code, hiding: [:])
    }
}
