package import HTTP

/// The peers whose forwarding headers are believed (`TRUSTED_PROXIES`).
package struct TrustedProxies: Hashable, Sendable {
    private let ranges: [AddressRange]
    private let includesUnix: Bool

    /// Nobody is trusted.
    package static let none = TrustedProxies()

    private init() {
        ranges = []
        includesUnix = false
    }

    /// Reads a comma list of addresses and CIDR ranges. `unix:` trusts whoever reaches the unix socket; without it a
    /// process on this machine is not trusted either.
    package init(parsing setting: String) throws(InvalidAddressRange) {
        var ranges: [AddressRange] = []
        var includesUnix = false
        for item in setting.split(separator: ",", omittingEmptySubsequences: false) {
            guard let entry = String(item.utf8.trimmingOptionalWhitespace), !entry.isEmpty else {
                throw InvalidAddressRange(setting, "an entry of the list is empty; leave the extra comma out")
            }
            if entry == "unix:" { includesUnix = true } else { ranges.append(try AddressRange(parsing: entry)) }
        }
        self.ranges = ranges
        self.includesUnix = includesUnix
    }

    package func contains(_ address: IPAddress) -> Bool {
        ranges.contains { $0.contains(address) }
    }

    package func contains(_ peer: Peer) -> Bool {
        switch peer {
        case .ip(let address, port: _): contains(address)
        case .unix: includesUnix
        }
    }
}
