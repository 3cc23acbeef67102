package import HTTP
package import Text

/// The address that a request comes from, as trusted proxies report it.
///
/// Unless `CLIENT_ADDRESS_FROM` says otherwise, `X-Forwarded-For` or `Forwarded` is walked from the right, past trusted
/// addresses; the first that is not trusted is the client. Everything to the left of it is what the client claims, and is
/// not read. An entry that does not parse ends the walk at the last good address.
package struct ClientAddress: Hashable, Sendable {
    /// Where a request comes from.
    package enum Source: Hashable, Sendable {
        /// An address, without the port, which does not identify a client.
        case ip(IPAddress)
        /// A process on this machine that is not trusted to forward, or that forwarded nothing.
        case unix
    }

    /// A problem with forwarding fields, which the operator is warned about once.
    package enum Problem: Hashable, Sendable {
        /// The peer sent forwarding headers and is not trusted: a proxy is missing from the setting, or a client
        /// pretends to be one.
        case untrustedForwarding
        /// `X-Forwarded-For` and `Forwarded` lead to different clients: a trusted proxy passes one of them on unread.
        /// The peer counts as the client.
        case headersDisagree
    }

    /// The client, or the peer if no trusted proxy names a client.
    package let source: Source
    /// Nil without a problem.
    package let problem: Problem?

    /// Reads forwarding fields only when the peer is one of the proxies.
    package init(of request: Request, behind proxies: TrustedProxies) {
        let peer: Source =
            switch request.peer {
            case .ip(let address, port: _): .ip(address)
            case .unix: .unix
            }
        guard proxies.field.isPresent(in: request.fields) else {
            (source, problem) = (peer, nil)
            return
        }
        guard proxies.contains(request.peer) else {
            (source, problem) = (peer, .untrustedForwarding)
            return
        }
        let named = proxies.client(behind: peer, by: request.fields)
        (source, problem) = named.map { ($0, nil) } ?? (peer, .headersDisagree)
    }

    /// The key that limits count by: IPv4 whole, IPv6 by /64, which is the least that one client has for itself.
    package var limitKey: UInt128 {
        switch source {
        case .ip(let address): address.isV4 ? address.bits : address.bits & ~UInt128(UInt64.max)
        // No /64 and no IPv4 address has these bits.
        case .unix: .max
        }
    }
}

extension ClientAddress: CustomStringConvertible {
    /// The text of `client.address` in the usage log.
    package var description: String {
        switch source {
        case .ip(let address): address.description
        case .unix: "unix"
        }
    }

    /// Appends the same text.
    func append(to text: inout [UInt8]) {
        switch source {
        case .ip(let address): address.append(to: &text)
        case .unix: text += "unix".utf8
        }
    }
}

extension TrustedProxies {
    /// The client that the field of the setting names, the peer when it names none; nil when two fields disagree.
    fileprivate func client(behind peer: ClientAddress.Source, by fields: Fields) -> ClientAddress.Source? {
        switch field {
        case .either:
            let hasFlatList = fields.count(of: "X-Forwarded-For") > 0
            guard fields.count(of: "Forwarded") > 0 else {
                return client(behind: peer, by: ForwardingChain.xForwardedFor(in: fields))
            }
            let forwarded = client(behind: peer, by: ForwardingChain.forwarded(in: fields))
            guard hasFlatList else { return forwarded }
            return client(behind: peer, by: ForwardingChain.xForwardedFor(in: fields)) == forwarded ? forwarded : nil
        case .xForwardedFor: return client(behind: peer, by: ForwardingChain.xForwardedFor(in: fields))
        case .forwarded: return client(behind: peer, by: ForwardingChain.forwarded(in: fields))
        case .hop(let place):
            let hop = ForwardingChain.xForwardedFor(in: fields).dropFirst(place - 1).first { _ in true }
            return hop.flatMap(\.self).map { .ip($0) } ?? peer
        case .named(let name):
            return fields.only(name).flatMap { ForwardingChain.address(in: $0) }.map { .ip($0) } ?? peer
        }
    }

    private func client(behind peer: ClientAddress.Source, by chain: some Sequence<IPAddress?>)
        -> ClientAddress.Source
    {
        var last = peer
        for hop in chain {
            guard let hop else { break }
            last = .ip(hop)
            guard contains(hop) else { break }
        }
        return last
    }
}

/// The peers whose forwarding headers are believed (`TRUSTED_PROXIES`).
package struct TrustedProxies: Hashable, Sendable {
    /// One entry of the setting.
    package enum Entry: Hashable, Sendable {
        /// These addresses; one address is a range of itself.
        case range(AddressRange)
        /// Every process that can reach the unix socket; without it no process on this machine is trusted.
        case unixSocket

        /// Reads an address, a CIDR range, or `unix:`.
        package init(parsing text: String) throws(Invalid) {
            self = text == "unix:" ? .unixSocket : .range(try AddressRange(parsing: text))
        }
    }

    /// The ranges of addresses among the entries.
    package let ranges: [AddressRange]
    /// Where they name the client.
    package let field: AddressField
    private let includesUnix: Bool

    /// No peer is trusted.
    package static let none = TrustedProxies([])

    /// The peers of all entries.
    package init(_ entries: [Entry], naming field: AddressField = .either) {
        self.field = field
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
