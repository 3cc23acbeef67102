import Glibc

/// What a server says without having been asked. hiredis aborts the process when it reads such a reply.
enum OutOfTurn {
    /// Why a connection ends then.
    static let words = "it sent what nobody asked for"

    /// Whether it waits in a socket. An end is none of that, nor is an error, which hiredis knows how to take: Redis says
    /// `-ERR max number of clients reached` and closes.
    static func arrives(at descriptor: CInt) -> Bool {
        var byte: UInt8 = 0
        return unsafe recv(descriptor, &byte, 1, CInt(MSG_PEEK | MSG_DONTWAIT)) == 1 && byte != UInt8(ascii: "-")
    }
}
