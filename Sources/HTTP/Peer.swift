/// The other end of a connection.
package enum Peer: Hashable, Sendable {
    /// TCP; the address may be of either family.
    case ip(IPAddress, port: UInt16)
    /// A process on this machine, over a unix socket.
    case unix
}
