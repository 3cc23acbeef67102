import Text

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
        guard origin.scheme == scheme else { return false }
        return switch form {
        case .exact: origin.host == host && origin.port == port
        case .anyPort: origin.host == host
        case .firstLabel(let prefix, let suffix):
            origin.port == port
                && OriginPattern.isOneLabel(in: origin.host, beginning: prefix, ending: suffix, under: host)
        }
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

    /// Looks at the bytes in place: this runs for each request whose origin is not on the list exactly.
    private static func isOneLabel(
        in name: String, beginning prefix: String, ending suffix: String, under base: String
    ) -> Bool {
        let label = name.utf8.prefix { $0 != UInt8(ascii: ".") }
        guard name.utf8.dropFirst(label.count + 1).elementsEqual(base.utf8) else { return false }
        if prefix.isEmpty, suffix.isEmpty { return !label.isEmpty }
        let (before, after) = (prefix.utf8.count, suffix.utf8.count)
        // The star is at least one character, so prefix and suffix never share one.
        return label.count > before + after && label.starts(with: prefix.utf8)
            && label.suffix(after).elementsEqual(suffix.utf8)
            && label.dropFirst(before).dropLast(after).allSatisfy {
                $0.isLowercaseLetter || $0.isDigit || $0 == UInt8(ascii: "-")
            }
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
