import EventLoop
import Glibc
import HTTP
import MicroHTTPD
import System
import Testing

struct GoneClientTests {
    @Test func `who closes within a head before being accepted leaves the place to others`() async throws {
        var settings = ServerSettings()
        settings.maxConnections = 1
        settings.exchangeTimeout = .seconds(60)
        let server = try await TestServer(settings: settings) { _ in Response(.ok) }
        var ends: [CInt] = [0, 0]
        try #require(unsafe pipe(&ends) == 0)
        let gate = Descriptor(owning: ends[0])
        let opener = Descriptor(owning: ends[1])
        let number = gate.number
        // Nobody is accepted until the client has gone.
        server.thread.loop.submit {
            var byte: UInt8 = 0
            _ = unsafe read(number, &byte, 1)
        }
        try leaveWithinHead(port: server.port)
        try #require(unsafe write(opener.number, "x", 1) == 1)
        #expect(try server.exchange("GET / HTTP/1.0\r\n\r\n", patience: 8).hasPrefix("HTTP/1.1 200"))
        await server.stop()
    }

    private func leaveWithinHead(port: UInt16) throws {
        let client = try RawClient(port: port)
        client.send("GET / HTTP/1.1\r\nHost: ")
    }
}
