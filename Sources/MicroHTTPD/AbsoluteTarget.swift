import HTTP
import Text

/// A request target in absolute form, `http://host:port/path?query`, taken apart (RFC 9112 section 3.2.2).
///
/// Clients send it to proxies, and every server must accept it. The policy sees the origin form and the authority as
/// `Host`, so that no second spelling of a target reaches it.
struct AbsoluteTarget {
    /// Host and port as the client spells them.
    let authority: Substring
    /// Path and query; `*` for OPTIONS without either (RFC 9112 section 3.2.4).
    let originForm: String
    private let defaultPort: String

    /// Nil for a target in another form, or of another scheme.
    init?(_ target: String, method: Method) {
        // Every other target that can be found begins with a slash.
        guard target.utf8.first != UInt8(ascii: "/"),
            let scheme = AbsoluteTarget.schemes.first(where: { target.hasPrefix(ignoringCase: $0.prefix) })
        else { return nil }
        defaultPort = scheme.port
        let rest = target.dropFirst(scheme.prefix.utf8.count)
        let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        authority = rest[..<end]
        switch rest[end...].utf8.first {
        case nil: originForm = method == .options ? "*" : "/"
        case UInt8(ascii: "?"): originForm = "/" + rest[end...]
        default: originForm = String(rest[end...])
        }
    }

    /// Whether a `Host` field names the same host and port: letters without case, and without the scheme's own port.
    func agrees(with host: String) -> Bool {
        withoutDefaultPort(authority).equalsIgnoringCase(withoutDefaultPort(host[...]))
    }

    private func withoutDefaultPort(_ authority: Substring) -> String {
        String(authority.hasSuffix(defaultPort) ? authority.dropLast(defaultPort.utf8.count) : authority)
    }

    private static let schemes = [(prefix: "http://", port: ":80"), (prefix: "https://", port: ":443")]
}

extension Fields {
    /// The fields with that `Host` in place of the one they have, or in front when they have none.
    func replacingHost(_ authority: Substring) -> Fields {
        var fields: Fields = ["Host": String(authority)]
        for field in all where !field.name.equalsIgnoringCase("Host") { fields.append(field.name, field.value) }
        return fields
    }
}

extension String {
    fileprivate func hasPrefix(ignoringCase prefix: String) -> Bool {
        utf8.count >= prefix.utf8.count
            && zip(utf8, prefix.utf8).allSatisfy { $0.asciiLowercased == $1 }
    }
}
