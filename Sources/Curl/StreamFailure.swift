import CCurl
import Glibc
import HTTP

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
            guard number != 0, let words = unsafe strerror(number) else { return .cannotConnect(words(of: code)) }
            return .cannotConnect(unsafe String(cString: words))
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
