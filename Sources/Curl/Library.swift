import CCurl
import Glibc

/// libcurl as a whole, which wants to be set up once per process before its first use.
enum Library {
    private static let setUp: CURLcode = {
        // With CURLOPT_NOSIGNAL libcurl leaves SIGPIPE to us, and a TLS library may write to a socket that its peer
        // has closed.
        _ = signal(SIGPIPE, SIG_IGN)
        // libcurl would write the keys of its TLS sessions to that file, and whoever records the traffic reads ours.
        _ = unsafe unsetenv("SSLKEYLOGFILE")
        return ccurl_global_init()
    }()

    /// Sets libcurl up; from the second call on, does nothing.
    static func prepare() throws(CurlError) {
        try check("curl_global_init", setUp)
    }

    static var version: String { unsafe String(cString: curl_version()) }
}
