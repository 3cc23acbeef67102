package import HTTP
package import Text

/// The peers whose forwarding headers are believed (`TRUSTED_PROXIES`).
package struct TrustedProxies: Hashable, Sendable {
    /// One entry of the setting.
    package enum Entry: Hashable, Sendable {
        /// These addresses; one address is a range of itself.
        case range(AddressRange)
        /// Whoever reaches the unix socket; without it a process on this machine is not trusted either.
        case unixSocket

        /// Reads an address, a CIDR range, or `unix:`.
        package init(parsing text: String) throws(Invalid) {
            self = text == "unix:" ? .unixSocket : .range(try AddressRange(parsing: text))
        }
    }

    /// The ranges of addresses among the entries.
    package let ranges: [AddressRange]
    private let includesUnix: Bool

    /// Nobody is trusted.
    package static let none = TrustedProxies([])

    /// Those of any of the entries.
    package init(_ entries: [Entry]) {
        ranges = entries.compactMap { if case .range(let range) = $0 { range } else { nil } }
        includesUnix = entries.contains(.unixSocket)
    }

    /// Whether the address is that of a trusted proxy.
    package func contains(_ address: IPAddress) -> Bool {
        ranges.contains { $0.contains(address) }
    }

    /// Whether the other end of a connection is a trusted proxy.
    package func contains(_ peer: Peer) -> Bool {
        switch peer {
        case .ip(let address, port: _): contains(address)
        case .unix: includesUnix
        }
    }
}
