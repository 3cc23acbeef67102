package import HTTP

/// The address a request comes from, as far as trusted proxies vouch for it.
///
/// `X-Forwarded-For` or `Forwarded` is walked from the right, past trusted addresses; the first that is not trusted is
/// the client. Everything to the left of it is what the client claims, and is not read. An entry that does not parse
/// ends the walk at the last good address.
package struct ClientAddress: Hashable, Sendable {
    /// Who it is, as far as that is known.
    package enum Source: Hashable, Sendable {
        /// Without the port, which says nothing of who it is.
        case ip(IPAddress)
        /// A process on this machine that is not trusted to forward, or that forwarded nothing.
        case unix
    }

    /// What an operator should hear of, once.
    package enum Remark: Hashable, Sendable {
        /// The peer sent forwarding headers and is not trusted: a proxy is missing from the setting, or a client
        /// pretends to be one.
        case untrustedForwarding
        /// `X-Forwarded-For` and `Forwarded` lead to different clients: a trusted proxy passes one of them on unread.
        /// The peer stands for the client.
        case headersDisagree
    }

    /// The client, or the peer where nobody vouches for a client.
    package let source: Source
    /// Nil when there is nothing to tell.
    package let remark: Remark?

    /// Reads forwarding fields only when the peer is one of the proxies.
    package init(of request: Request, behind proxies: TrustedProxies) {
        let peer: Source =
            switch request.peer {
            case .ip(let address, port: _): .ip(address)
            case .unix: .unix
            }
        let hasFlatList = request.fields.count(of: "X-Forwarded-For") > 0
        let hasForwarded = request.fields.count(of: "Forwarded") > 0
        guard hasFlatList || hasForwarded else {
            (source, remark) = (peer, nil)
            return
        }
        guard proxies.contains(request.peer) else {
            (source, remark) = (peer, .untrustedForwarding)
            return
        }
        let flat =
            hasFlatList ? proxies.client(behind: peer, by: ForwardingChain.xForwardedFor(in: request.fields)) : nil
        let forwarded =
            hasForwarded ? proxies.client(behind: peer, by: ForwardingChain.forwarded(in: request.fields)) : nil
        if let flat, let forwarded, flat != forwarded {
            (source, remark) = (peer, .headersDisagree)
        } else {
            (source, remark) = (flat ?? forwarded ?? peer, nil)
        }
    }

    /// What limits count by: IPv4 whole, IPv6 by /64, which is the least that one client has for itself.
    package var limitKey: UInt128 {
        switch source {
        case .ip(let address): address.isV4 ? address.bits : address.bits & ~UInt128(UInt64.max)
        // No /64 and no IPv4 address has these bits.
        case .unix: .max
        }
    }
}

extension ClientAddress: CustomStringConvertible {
    /// For `client.address` in the usage log.
    package var description: String {
        switch source {
        case .ip(let address): address.description
        case .unix: "unix"
        }
    }
}

extension TrustedProxies {
    fileprivate func client(behind peer: ClientAddress.Source, by chain: some Sequence<IPAddress?>)
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
