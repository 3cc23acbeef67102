import Glibc
import System
import TestTools
import Testing

struct ListeningAddressTests {
    @Test func `a port that another socket listens on is refused`() throws {
        let first = try ListeningAddress.tcp(host: "127.0.0.1", port: 0).listen()
        let port = try boundPort(of: first)
        #expect(throws: SystemError("bind", code: EADDRINUSE)) {
            _ = try ListeningAddress.tcp(host: "127.0.0.1", port: port).listen().release()
        }
    }

    @Test func `a second loop gets a socket of its own on the same port`() throws {
        let address = ListeningAddress.tcp(host: "127.0.0.1", port: 0)
        let first = try address.listen()
        let second = try address.listenAgain(beside: first)
        #expect(try boundPort(of: first) == boundPort(of: second))
    }

    @Test func `the IPv6 wildcard accepts IPv4 too`() throws {
        let socket = try ListeningAddress.tcp(host: "::", port: 0).listen()
        let port = try boundPort(of: socket)
        let address = try #require(SocketAddress.resolving("127.0.0.1", port: port, isPassive: false).first)
        try address.connect(address.openSocket(SOCK_STREAM))
    }

    @Test func `a unix socket that nobody serves is replaced, one that is served is not`() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/test.sock"
        let address = ListeningAddress.unix(path: path)
        _ = try address.listen()
        let second = try address.listen()
        #expect(throws: SystemError("bind", code: EADDRINUSE)) { _ = try address.listen().release() }
        _ = try address.listenAgain(beside: second)
    }

    @Test(arguments: [UInt32(0o660), 0o600, 0o666])
    func `a unix socket has the permissions that are asked for, whatever the umask`(mode: UInt32) throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/test.sock"
        _ = try ListeningAddress.unix(path: path).listen(socketMode: mode)
        #expect(try FileStatus(at: path).permissions == mode)
    }

    @Test(arguments: [
        (ListeningAddress.tcp(host: "203.0.113.1", port: 0), "bind: Cannot assign requested address"),
        (.tcp(host: "no such host", port: 0), "getaddrinfo: Name or service not known"),
        (.unix(path: "/nowhere/at/all.sock"), "bind: No such file or directory"),
        (.unix(path: String(repeating: "x", count: 108)), "unix socket: File name too long"),
    ])
    func `what cannot be listened on says why`(address: ListeningAddress, reason: String) {
        let error = #expect(throws: SystemError.self) { _ = try address.listen().release() }
        #expect(error?.description == reason)
    }

    @Test(arguments: [
        (ListeningAddress.tcp(host: "127.0.0.1", port: 1), "127.0.0.1:1"), (.tcp(host: "::1", port: 1), "[::1]:1"),
        (.unix(path: "/a"), "unix:/a"),
    ])
    func `is written as people write it`(address: ListeningAddress, text: String) {
        #expect(address.description == text)
    }
}
