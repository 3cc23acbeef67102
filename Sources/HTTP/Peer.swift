/// The other end of a connection.
package enum Peer: Hashable, Sendable {
    case ip(IPAddress, port: UInt16)
    /// A process on this machine, over a unix socket.
    case unix
}
