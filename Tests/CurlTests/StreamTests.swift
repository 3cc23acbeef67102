import Curl
import EventLoop
import Glibc
import Testing

private let transports: [StreamPeer.Transport] = [.tcp, .unix, .tls("localhost")]

@Suite(.timeLimit(.minutes(5)))
struct `A byte stream` {
    @Test(arguments: transports)
    func `sends what was given before it was open, and receives`(transport: StreamPeer.Transport) async throws {
        let peer = try StreamPeer(transport)
        let target = peer.target(transport)
        try await withStreams { streams in
            let record = try StreamRecord(target, over: streams, "echo\n", "one ", "two")
            await record.wait(for: 7)
            record.send(" three")
            await record.wait(for: 13)
            #expect(record.text == "one two three")
            #expect(record.unsentCount == 0)
            record.close()
            record.send("into the void")
            record.close()
            #expect(record.failure == nil)
        }
    }

    @Test(arguments: transports)
    func `accepts as much as it is given, however slowly the peer reads`(transport: StreamPeer.Transport) async throws {
        let peer = try StreamPeer(transport)
        let target = peer.target(transport)
        try await withStreams { streams in
            let record = try StreamRecord(target, over: streams, "count 20000000\n")
            // Small and large, so that writes find no room with bytes of later ones behind them.
            for part in 0..<4_000 { record.send([UInt8](repeating: UInt8(part % 256), count: 1_000)) }
            record.send((0..<16_000).flatMap { [UInt8](repeating: UInt8($0 % 251), count: 1_000) })
            await record.wait(for: 64)
            // sha256 of those bytes, by another program.
            #expect(record.text == digest)
            #expect(record.unsentCount == 0)
            record.close()
        }
    }

    @Test(arguments: transports)
    func `receives much, and other streams have their turns meanwhile`(transport: StreamPeer.Transport) async throws {
        let peer = try StreamPeer(transport)
        let target = peer.target(transport)
        try await withStreams { streams in
            let flood = (0..<8_000).flatMap { [UInt8](repeating: UInt8($0 % 256), count: 1_000) }
            let records = try (0..<4).map { _ in try StreamRecord(target, over: streams, "flood 8000000\n") }
            for record in records {
                await record.wait(for: flood.count)
                #expect(record.received == flood)
                record.close()
            }
        }
    }

    @Test func `receives no more parts before others have their turn, however much has arrived`() async throws {
        let peer = try StreamPeer(.tcp)
        let target = peer.target(.tcp)
        let most = try await withStreams { streams in
            let parts = PartsPerTurn(streams.loop)
            let record = try StreamRecord(target, over: streams, "flood 30000000\n")
            record.onReceive = { _ in parts.count += 1 }
            await record.wait(for: 30_000_000)
            record.close()
            return parts.most
        }
        // Those of the socket's event, and those that were left to the loop.
        #expect(most <= 32)
    }

    @Test(arguments: transports)
    func `gives back all of 4 MB that it sends and receives at once`(transport: StreamPeer.Transport) async throws {
        let peer = try StreamPeer(transport)
        let target = peer.target(transport)
        try await withStreams { streams in
            let bytes = (0..<4_000).flatMap { [UInt8](repeating: UInt8($0 % 251), count: 1_000) }
            let record = try StreamRecord(target, over: streams, "echo\n")
            record.send(bytes)
            await record.wait(for: bytes.count)
            #expect(record.received == bytes)
            record.close()
        }
    }

    @Test(arguments: transports)
    func `says that the peer closed, after everything that it sent`(transport: StreamPeer.Transport) async throws {
        let peer = try StreamPeer(transport)
        let target = peer.target(transport)
        try await withStreams { streams in
            let record = try StreamRecord(target, over: streams, "bye\n")
            #expect(await record.ended() == .ended)
            #expect(record.text == "bye")
            record.send("into the void")
        }
    }

    @Test(arguments: [StreamPeer.Transport.tcp, .tls("localhost")])
    func `says that the connection was reset`(transport: StreamPeer.Transport) async throws {
        let peer = try StreamPeer(transport)
        let target = peer.target(transport)
        try await withStreams { streams in
            let record = try StreamRecord(target, over: streams, "reset\n")
            guard case .broken(let words) = await record.ended() else { throw Unexpected(nil) }
            #expect(words.contains("reset by peer"), "\(words)")
        }
    }

    @Test(arguments: transports)
    func `ends once when the peer is gone while much is to be sent`(transport: StreamPeer.Transport) async throws {
        let peer = try StreamPeer(transport)
        let target = peer.target(transport)
        try await withStreams { streams in
            let record = try StreamRecord(target, over: streams, "bye\n")
            for _ in 0..<100 { record.send([UInt8](repeating: 0, count: 100_000)) }
            guard case .broken = await record.ended() else {
                #expect(record.failure == .ended)
                return
            }
        }
    }

    @Test func `may be closed, and send, from inside its own receiving`() async throws {
        let peer = try StreamPeer(.tls("localhost"))
        let target = peer.target(.tls("localhost"))
        try await withStreams { streams in
            let record = try StreamRecord(target, over: streams, "echo\n", "x")
            record.onReceive = { $0.send([0x79]) }
            await record.wait(for: 100)
            record.onReceive = { $0.close() }
            let count = record.received.count
            await record.wait(for: count + 1)
            #expect(record.failure == nil)
        }
    }

    @Test func `leaves no descriptor open, whenever it is closed`() async throws {
        let peer = try StreamPeer(.tls("localhost"))
        let target = peer.target(.tls("localhost"))
        let port = peer.port
        try await withStreams { streams in
            let first = try StreamRecord(target, over: streams, "echo\n", "x")
            await first.wait(for: 1)
            let before = openDescriptors(on: port)
            for number in 0..<20 {
                let record = try StreamRecord(target, over: streams, "echo\n", "x")
                if number % 2 == 0 { await record.wait(for: 1) }
                record.close()
            }
            #expect(openDescriptors(on: port) == before)
            first.close()
            #expect(openDescriptors(on: port) == before - 1)
        }
    }
}

/// Counts within each turn of a loop. Belongs to its thread.
private final class PartsPerTurn: @unchecked Sendable {
    var count = 0 { didSet { most = max(most, count) } }
    private(set) var most = 0
    private let loop: EventLoop

    init(_ loop: EventLoop) {
        self.loop = loop
        nextTurn()
    }

    private func nextTurn() {
        count = 0
        loop.submit { [weak self] in self?.nextTurn() }
    }
}

/// How many sockets of this process are connected to that port of 127.0.0.1.
private func openDescriptors(on port: UInt16) -> Int {
    // Tests that run at the same time may have thousands of descriptors open.
    (0..<CInt(65_536)).count { number in
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getpeername(number, $0, &size) }
        }
        return code == 0 && address.sin_family == AF_INET && address.sin_port == port.bigEndian
    }
}

private let digest = "d73d89a25e797891e69cd3670189dcdbddef7e21842d088522210a45ab414a3e"
