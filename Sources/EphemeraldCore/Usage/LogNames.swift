import HTTP
import Text

/// How usage lines and diagnostics name clients and callers (`LOG_CLIENT`, `LOG_CALLER`).
///
/// A hash is the identifier under which OpenAI knows the same client or caller: see ``SafetyIdentifier``.
package struct LogNames: Hashable, Sendable {
    /// The forms of a client's address.
    package enum ClientForm: String, Hashable, Sendable, CaseIterable {
        /// The address.
        case full
        /// The first address of its /24 (IPv4) or /48 (IPv6).
        case truncated
        /// A hash under the daemon's salt.
        case hashed
        /// Nothing.
        case none
    }

    /// The forms of a caller's name.
    package enum CallerForm: String, Hashable, Sendable, CaseIterable {
        /// The name.
        case full
        /// A hash under the daemon's salt.
        case hashed
        /// Nothing.
        case none
    }

    /// The form of addresses.
    package let client: ClientForm
    /// The form of names.
    package let caller: CallerForm
    /// Nil where nothing is hashed.
    private let identifiers: SafetyIdentifier?

    /// Addresses and names as they are.
    package static let full = LogNames()

    private init() { (client, caller, identifiers) = (.full, .full, nil) }

    /// - Parameter identifiers: what hashes are made by.
    package init(client: ClientForm, caller: CallerForm, hashedBy identifiers: SafetyIdentifier) {
        (self.client, self.caller, self.identifiers) = (client, caller, identifiers)
    }

    /// The name of a client; nil for none.
    package func name(of client: ClientAddress) -> String? {
        switch self.client {
        case .full: client.description
        case .truncated: LogNames.truncated(client.description)
        case .hashed: identifiers?.identifier(ofClient: client.description)
        case .none: nil
        }
    }

    /// The name of a caller; nil for none.
    package func name(ofCaller name: String) -> String? {
        switch caller {
        case .full: name
        case .hashed: identifiers?.identifier(ofCaller: name)
        case .none: nil
        }
    }

    /// The name under which quotas and calls count a caller: the one in usage lines, from which they are restored, and a
    /// hash where lines have none.
    func account(of caller: Caller) -> String { account(named: caller.loggableName) }

    /// The same for a caller's name as it would be in usage lines without ``caller``.
    func account(named name: String) -> String {
        switch caller {
        case .full: name
        case .hashed, .none: identifiers?.identifier(ofCaller: name) ?? name
        }
    }

    /// The name of an account in usage lines; nil for none.
    package func logged(account: String?) -> String? { caller == .none ? nil : account }

    /// The text of an address, truncated; another text stays as it is.
    package static func truncated(_ text: String) -> String {
        guard let address = IPAddress(text) else { return text }
        let dropped: UInt128 = address.isV4 ? 8 : 80
        return IPAddress(bits: (address.bits >> dropped) << dropped).description
    }
}
