/// A request method, compared byte for byte as RFC 9110 section 9.1 requires: `get` is not `GET`.
package struct Method: RawRepresentable, Hashable, Sendable {
    /// The token as it stands in the request line.
    package let rawValue: String

    /// - Parameter rawValue: the token as it stands in the request line.
    package init(rawValue: String) {
        self.rawValue = rawValue
    }
}

/// The methods that this program answers or sends (RFC 9110 section 9.3).
extension Method {
    package static let get = Method(rawValue: "GET")
    package static let head = Method(rawValue: "HEAD")
    package static let post = Method(rawValue: "POST")
    package static let options = Method(rawValue: "OPTIONS")
}
