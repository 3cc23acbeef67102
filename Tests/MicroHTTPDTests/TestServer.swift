import EventLoop
import Glibc
import HTTP
import MicroHTTPD
import System
import TestTools

/// A server on a loop with a thread of its own, and raw clients for it.
final class TestServer: Sendable {
    let thread: EventLoopThread
    let server: Server
    let port: UInt16

    /// - Parameter loop: where `respond` can start tasks of its own; the pool's threads may all wait in reads of tests.
    init(
        on loop: EventLoop? = nil, settings: ServerSettings = ServerSettings(),
        respond: @escaping @Sendable (Request) async -> Response
    ) async throws {
        let thread = try EventLoopThread(running: loop ?? EventLoop(), name: "test server")
        (server, port) = try await Task(executorPreference: thread.loop) {
            let socket = try ListeningAddress.tcp(host: "127.0.0.1", port: 0).listen()
            let port = try boundPort(of: socket)
            let server = try Server(on: thread.loop, listeningOn: socket, settings: settings) { request in
                .later { await respond(request) }
            }
            return (server, port)
        }.value
        self.thread = thread
    }

    /// Drains, then ends the thread.
    func stop(timeout: Duration = .seconds(5)) async {
        await drain(timeout: timeout)
        end()
    }

    func drain(
        timeout: Duration,
        lastAnswer: @escaping @Sendable (Request) -> Response = { _ in Response(.serviceUnavailable) }
    ) async {
        let server = server
        await Task(executorPreference: thread.loop) {
            await server.drain(timeout: timeout, lastAnswer: lastAnswer)
        }.value
    }

    /// Ends the thread, which must not leave tasks behind.
    func end() {
        thread.loop.stop()
        thread.join()
    }

    /// Connects, sends, and returns what comes back until the server closes or is silent for `patience` seconds.
    func exchange(_ text: String, patience: Int = 5) throws -> String {
        let client = try RawClient(port: port, patience: patience)
        client.send(text)
        return client.readToEnd()
    }
}

/// A client that sends exactly the bytes that it is given.
struct RawClient: ~Copyable {
    private let socket: Descriptor

    /// - Parameter patience: seconds until a read gives up.
    init(port: UInt16, patience: Int = 5) throws {
        socket = try Loopback.connect(to: port)
        var limit = timeval(tv_sec: patience, tv_usec: 0)
        _ = unsafe setsockopt(socket.number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        // A server that has closed already is for the test to see by what it reads.
        _ = unsafe Glibc.send(socket.number, bytes, bytes.count, CInt(MSG_NOSIGNAL))
    }

    /// What one read returns; empty at the end, and when the server is silent for too long.
    func read() -> String {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe Glibc.read(socket.number, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }

    func readToEnd() -> String {
        var text = ""
        while true {
            let piece = read()
            if piece.isEmpty { return text }
            text += piece
        }
    }

    /// Ends the connection with a RST. The close would not do while a child of another test holds the socket, between its
    /// fork and its exec; the same is true of ``leave()``.
    consuming func reset() {
        var nobody = sockaddr(sa_family: sa_family_t(AF_UNSPEC), sa_data: sockaddr().sa_data)
        _ = unsafe connect(socket.number, &nobody, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// Ends the connection with a FIN.
    consuming func leave() {
        _ = shutdown(socket.number, CInt(SHUT_RDWR))
    }
}
