/// One entry of an allow-list of origins.
///
/// Four forms: an origin, exactly; `https://*.example.com`, any one label in front of a name;
/// `https://app-*-team.example.com`, one label of which the star is a part; and `http://localhost:*`, any port of this
/// machine. An app's own scheme (`capacitor://localhost`, `chrome-extension://ID`) is compared exactly.
package struct OriginPattern: Hashable, Sendable {
    enum Form: Hashable, Sendable {
        case exact
        /// `host` is what follows the first label. The star is the whole label when both parts are empty.
        case firstLabel(prefix: String, suffix: String)
        case anyPort
    }

    let form: Form
    let scheme: String
    let host: String
    let port: UInt16?

    /// Whether the origin is one that this entry names. Both sides are in the one spelling that browsers send.
    package func matches(_ origin: Origin) -> Bool {
        origin.hasScheme(scheme) && matchesHost(of: origin)
    }

    /// Whether the entry names the same page under the other of `http` and `https`.
    package func matchesUnderOtherScheme(_ origin: Origin) -> Bool {
        let isOther = scheme == "https" ? origin.hasScheme("http") : scheme == "http" && origin.hasScheme("https")
        return isOther && matchesHost(of: origin)
    }

    private func matchesHost(of origin: Origin) -> Bool {
        switch form {
        case .exact: origin.port == port && origin.hasHost(host)
        case .anyPort: origin.hasHost(host)
        case .firstLabel(let prefix, let suffix):
            origin.port == port && origin.hasLabel(beginning: prefix, ending: suffix, under: host)
        }
    }

    /// A hash of what all origins that the entry admits have in common, without the scheme. It is one of the keys of
    /// such an origin.
    package var key: UInt32 {
        let bytes = Array((port.map { "\(host):\($0)" } ?? host).utf8)
        return OriginPattern.key(of: bytes.span, from: 0, to: bytes.count)
    }

    /// FNV-1a. Only the operator's entries are filed by it, so a stranger cannot make them collide.
    static func key(of bytes: Span<UInt8>, from start: Int, to end: Int) -> UInt32 {
        var key: UInt32 = 0x811C_9DC5
        for index in start..<end { key = (key ^ UInt32(bytes[index])) &* 0x0100_0193 }
        return key
    }

    /// The one value of the `Origin` field that this entry admits; nil when it admits several.
    package var exactOrigin: String? {
        form == .exact ? description : nil
    }

    /// The entry for the same pages under the other of `http` and `https`; nil for an app's own scheme.
    package var underOtherScheme: OriginPattern? {
        guard scheme == "http" || scheme == "https" else { return nil }
        return OriginPattern(form: form, scheme: scheme == "http" ? "https" : "http", host: host, port: port)
    }

    /// Whether pages of this origin travel unencrypted over a network, where anyone on the way can change them.
    /// It is allowed, but not without a word.
    package var isPlainHTTPBeyondLoopback: Bool {
        scheme == "http" && !Origin.isLoopback(host)
    }

    /// Whether the entry admits several names under a domain where anyone can register one.
    package var isUnderSharedSuffix: Bool {
        if case .firstLabel = form { SharedSuffix.contains(host) } else { false }
    }
}

extension OriginPattern: CustomStringConvertible {
    /// The entry as it is written in a setting.
    package var description: String {
        let end = port.map { ":\($0)" } ?? ""
        return switch form {
        case .exact: "\(scheme)://\(host)\(end)"
        case .firstLabel(let prefix, let suffix): "\(scheme)://\(prefix)*\(suffix).\(host)\(end)"
        case .anyPort: "\(scheme)://\(host):*"
        }
    }
}
