import CCurl

/// A call that libcurl refused, with the name of what was asked and libcurl's own words.
package struct CurlError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The option or function, as in libcurl's manual: `CURLOPT_CAINFO`.
    package let call: String
    /// What libcurl says about the result code.
    package let words: String

    /// `CURLOPT_CAINFO: ` and libcurl's words.
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
