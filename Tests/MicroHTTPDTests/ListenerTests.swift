import EventLoop
import Glibc
import HTTP
import MicroHTTPD
import System
import TestTools
import Testing

struct ListenerTests {
    @Test func `an inherited socket still listens when a server on it is let go`() throws {
        let held = try ListeningAddress.tcp(host: "127.0.0.1", port: 0).listen()
        let port = try boundPort(of: held)
        do {
            let loop = try EventLoop()
            let listener = try inherited(held)
            let (address, isInherited) = (listener.address, listener.isInherited)
            #expect(isInherited)
            #expect(address == .tcp(host: "127.0.0.1", port: port))
            _ = try Server(on: loop, listeningOn: listener.another()) { _ in .now(Response(.ok)) }
        }
        let client = try RawClient(port: port)
        client.send("x")
        #expect(accept(held.number) >= 0)
    }

    @Test func `an inherited socket is served, and goes on after a drain`() async throws {
        let held = try ListeningAddress.tcp(host: "127.0.0.1", port: 0).listen()
        let thread = try EventLoopThread(running: EventLoop(), name: "inherited")
        let port = try boundPort(of: held)
        let copy = try duplicate(held)
        let server = try await Task(executorPreference: thread.loop) {
            let listener = try Listener(inheriting: Descriptor(owning: copy))
            return try Server(on: thread.loop, listeningOn: listener.first()) { _ in .now(Response(.ok)) }
        }.value
        let client = try RawClient(port: port)
        client.send("GET / HTTP/1.0\r\n\r\n")
        #expect(client.readToEnd().hasPrefix("HTTP/1.1 200"))
        await Task(executorPreference: thread.loop) {
            await server.drain(timeout: .seconds(5), lastAnswer: { _ in Response(.serviceUnavailable) })
        }.value
        _ = try RawClient(port: port)
        #expect(accept(held.number) >= 0)
        thread.loop.stop()
        thread.join()
    }

    @Test func `a unix socket is named by its path, and an abstract one as systemd writes it`() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/test.sock"
        let held = try ListeningAddress.unix(path: path).listen()
        let address = try inherited(held).address
        #expect(address == .unix(path: path))
        let abstract = Descriptor(owning: try check("socket", socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)))
        // Bound without a name, it is given an abstract one of five hexadecimal digits (unix(7)).
        var family = sa_family_t(AF_UNIX)
        let result = unsafe withUnsafeMutablePointer(to: &family) { family in
            unsafe family.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(abstract.number, $0, socklen_t(MemoryLayout<sa_family_t>.size))
            }
        }
        try #require(result == 0 && listen(abstract.number, 1) == 0)
        guard case .unix(let name) = try inherited(abstract).address else { throw SystemError("getsockname", code: 0) }
        #expect(name.hasPrefix("@") && name.count == 6)
    }

    @Test func `what does not listen is refused`() throws {
        let idle = Descriptor(owning: try check("socket", socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)))
        #expect(throws: UnusableSocket.self) { _ = try inherited(idle) }
        let datagram = Descriptor(owning: try check("socket", socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)))
        #expect(throws: UnusableSocket.self) { _ = try inherited(datagram) }
        #expect(throws: UnusableSocket.self) {
            _ = try Listener(inheriting: Descriptor(owning: 1_000_000))
        }
    }

    private func duplicate(_ socket: borrowing Descriptor) throws -> CInt {
        try check("dup", dup(socket.number))
    }

    private func inherited(_ socket: borrowing Descriptor) throws -> Listener {
        try Listener(inheriting: Descriptor(owning: try duplicate(socket)))
    }

    private func accept(_ number: CInt) -> CInt {
        let connection = Glibc.accept(number, nil, nil)
        if connection >= 0 { close(connection) }
        return connection
    }
}
