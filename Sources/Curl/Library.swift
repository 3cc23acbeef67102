import CCurl
import Glibc

/// libcurl as a whole, which wants to be set up once per process before its first use.
enum Library {
    private static let setUp: CURLcode = {
        // With CURLOPT_NOSIGNAL libcurl leaves SIGPIPE to us, and a TLS library may write to a socket that its peer
        // has closed.
        _ = signal(SIGPIPE, SIG_IGN)
        // libcurl would write the keys of its TLS sessions to that file, and with them recorded traffic can be read.
        _ = unsafe unsetenv("SSLKEYLOGFILE")
        return ccurl_global_init()
    }()

    /// Sets libcurl up; from the second call on, does nothing.
    static func prepare() throws(CurlError) {
        try check("curl_global_init", setUp)
    }

    static var version: String { unsafe String(cString: curl_version()) }
}

/// A call that libcurl refused, with the name of the call and libcurl's message.
package struct CurlError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The option or function, as in libcurl's manual: `CURLOPT_CAINFO`.
    package let call: String
    /// What libcurl says about the result code.
    package let words: String

    /// `CURLOPT_CAINFO: ` and libcurl's message.
    package var description: String { "\(call): \(words)" }
}

/// Turns a result of the easy interface that is not CURLE_OK into an error.
func check(_ call: @autoclosure () -> String, _ code: CURLcode) throws(CurlError) {
    guard code != CURLE_OK else { return }
    throw CurlError(call: call(), words: words(of: code))
}

/// Turns a result of the multi interface that is not CURLM_OK into an error.
func check(_ call: @autoclosure () -> String, _ code: CURLMcode) throws(CurlError) {
    guard code != CURLM_OK else { return }
    throw CurlError(call: call(), words: unsafe String(cString: curl_multi_strerror(code)))
}

/// Traps on a result that only a mistake of ours, or the end of memory, can bring about.
func require(_ call: @autoclosure () -> String, _ code: CURLMcode) {
    precondition(code == CURLM_OK, unsafe "\(call()): \(String(cString: curl_multi_strerror(code)))")
}

/// What libcurl says about a result code in general.
func words(of code: CURLcode) -> String {
    unsafe String(cString: curl_easy_strerror(code))
}
