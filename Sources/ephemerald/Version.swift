/// The line that `--version` prints.
package enum Version {
    /// The version of this program.
    package static let number = "0.1.0"

    /// `ephemerald VERSION (libcurl … OpenSSL/…, libmicrohttpd …, hiredis …, zlib …)`: the libraries are named as they
    /// were found at run time, because their advisories are the operator's to follow; only hiredis cannot say, so its
    /// version is that of the build.
    /// - Parameters:
    ///   - curl: what `curl_version()` says: `libcurl/7.88.1 OpenSSL/3.0.17 zlib/1.2.13 …`.
    ///   - microHTTPD: the bare version, as the others.
    package static func line(curl: String, microHTTPD: String, hiredis: String, zlib: String) -> String {
        var words = curl.split(separator: " ").prefix(2).map(String.init)
        if words.first?.hasPrefix("libcurl/") == true { words[0] = "libcurl \(words[0].dropFirst(8))" }
        let others = "libmicrohttpd \(microHTTPD), hiredis \(hiredis), zlib \(zlib)"
        return "ephemerald \(number) (\(words.joined(separator: " ")), \(others))"
    }
}
