/// One entry of an allow-list of origins.
///
/// Three forms: an origin, exactly; `https://*.example.com`, any one label in front of a name; and
/// `http://localhost:*`, any port of this machine. An app's own scheme (`capacitor://localhost`,
/// `chrome-extension://ID`) is compared exactly. Which names a wildcard may stand under beyond a single label
/// (`https://*.co.uk`) is the operator's to know: a list of public suffixes ages faster than this program.
package struct OriginPattern: Hashable, Sendable {
    enum Form: Hashable, Sendable {
        case exact
        /// `host` is what stands behind `*.`.
        case oneLabelUnder
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
        case .oneLabelUnder: origin.port == port && OriginPattern.isOneLabel(in: origin.host, under: host)
        }
    }

    /// The one value of the `Origin` field that this entry admits; nil when it admits several.
    package var exactOrigin: String? {
        form == .exact ? description : nil
    }

    /// Whether pages of this origin travel unencrypted over a network, where anybody on the way can change them.
    /// It is allowed, but not without a word.
    package var isPlainHTTPBeyondLoopback: Bool {
        scheme == "http" && !Origin.isLoopback(host)
    }

    private static func isOneLabel(in name: String, under base: String) -> Bool {
        let label = name.utf8.prefix { $0 != UInt8(ascii: ".") }
        return !label.isEmpty && name.utf8.dropFirst(label.count + 1).elementsEqual(base.utf8)
    }
}

extension OriginPattern: CustomStringConvertible {
    /// The entry as it is written in a setting.
    package var description: String {
        switch form {
        case .exact: port.map { "\(scheme)://\(host):\($0)" } ?? "\(scheme)://\(host)"
        case .oneLabelUnder: port.map { "\(scheme)://*.\(host):\($0)" } ?? "\(scheme)://*.\(host)"
        case .anyPort: "\(scheme)://\(host):*"
        }
    }
}

/// An entry that can be no allow-listed origin, and why.
package struct InvalidOriginPattern: Error, Hashable, Sendable, CustomStringConvertible {
    /// The entry as it was written.
    package let entry: String
    /// What is wrong and what is right.
    package let reason: String

    /// The entry, quoted, and the reason.
    package var description: String { "\(entry.debugDescription): \(reason)" }
}
