import HTTP
import Text

/// The sessions that browsers can ask for, by name.
package struct SessionCatalog: Sendable {
    private let byName: [String: Session]

    /// A catalogue of these sessions, of which no two may have one name.
    package init(_ sessions: [Session] = []) {
        byName = Dictionary(uniqueKeysWithValues: sessions.map { ($0.name, $0) })
    }

    /// The session of that name, nil when there is none.
    package func session(named name: String) -> Session? {
        // A name that cannot be one is a stranger's text, and not worth a hash.
        SessionCatalog.isName(name) ? byName[name] : nil
    }

    /// All sessions, in the order of their names.
    package var sessions: [Session] {
        byName.values.sorted { $0.name < $1.name }
    }

    /// Whether a session can have that name: `[a-z0-9][a-z0-9_-]{0,63}`.
    package static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, first.isNameStart, name.utf8.count <= 64 else { return false }
        return name.utf8.allSatisfy { $0.isNameStart || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }
}

extension UInt8 {
    fileprivate var isNameStart: Bool {
        isDigit || isLowercaseLetter
    }
}
