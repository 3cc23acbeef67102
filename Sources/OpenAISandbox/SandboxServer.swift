package import EventLoop
import Glibc
import HTTP
import MicroHTTPD
package import System

/// The sandbox on a port of the loopback interface, and the faults of its connections.
package final class SandboxServer: @unchecked Sendable {
    // `@unchecked`: used on the thread of its loop only.
    /// The base URL for clients, before `/realtime/client_secrets`.
    package let baseURL: String
    /// The sandbox that answers and counts. With a fault of the connection it gets no requests.
    package let sandbox: Sandbox
    private let server: Server?
    private let faulty: FaultySocket?

    /// Listens on a free port of 127.0.0.1. Call it on the loop's thread, or before the loop runs.
    package init(
        on loop: EventLoop, latency: Duration = .zero, fault: Fault? = nil, unixSeconds: @escaping @Sendable () -> Int
    ) throws(SystemError) {
        let sandbox = Sandbox(latency: latency, fault: fault, unixSeconds: unixSeconds) { await loop.sleep(for: $0) }
        let socket = try ListeningAddress.tcp(host: "127.0.0.1", port: 0).listen()
        baseURL = "http://127.0.0.1:\(try boundPort(of: socket))/v1"
        self.sandbox = sandbox
        switch fault {
        case .refuse:
            // The socket closes here, so that no process listens at the address.
            (server, faulty) = (nil, nil)
        case .reset, .garbage, .slowHeaders:
            server = nil
            faulty = try FaultySocket(on: loop, listeningOn: socket, fault: fault)
        default:
            server = try Server(on: loop, listeningOn: socket) { request in
                .later { await sandbox.respond(to: request) }
            }
            faulty = nil
        }
    }

    /// Stops the server. Call it on the loop's thread.
    package func stop() async {
        faulty?.stop()
        await server?.drain(timeout: .zero, lastAnswer: { _ in Response(.serviceUnavailable) })
    }
}

/// A listening socket that answers each connection with bytes that no HTTP server would send.
private final class FaultySocket {
    private let socket: Descriptor
    private let loop: EventLoop
    private let fault: Fault?
    private var watch: Watch?
    private var connections: [CInt: FaultyConnection] = [:]

    init(on loop: EventLoop, listeningOn socket: consuming Descriptor, fault: Fault?) throws(SystemError) {
        self.loop = loop
        self.fault = fault
        self.socket = socket
        watch = try loop.watch(self.socket.number, for: .readable) { [unowned self] _ in accept() }
    }

    func stop() {
        watch?.end()
        for connection in connections.values { connection.end() }
        connections = [:]
    }

    private func accept() {
        while true {
            let number = Glibc.accept(socket.number, nil, nil)
            guard number >= 0 else { return }
            let connection = FaultyConnection(Descriptor(owning: number), fault: fault, on: loop)
            connections[number] = connection
            connection.start { [weak self] in self?.connections[number] = nil }
        }
    }
}

/// A connection that shows a fault as soon as a request arrives.
private final class FaultyConnection {
    private let socket: Descriptor
    private let fault: Fault?
    private let loop: EventLoop
    private var watch: Watch?
    private var timer: Timer?

    init(_ socket: consuming Descriptor, fault: Fault?, on loop: EventLoop) {
        self.socket = socket
        self.fault = fault
        self.loop = loop
    }

    /// - Parameter ended: called when the connection can be released, which closes it.
    func start(ended: @escaping () -> Void) {
        watch = try? loop.watch(socket.number, for: .readable) { [unowned self] _ in
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = unsafe read(socket.number, &bytes, bytes.count)
            if count > 0 { answer(ended) } else { finish(ended) }
        }
    }

    func end() {
        watch?.end()
        watch = nil
        timer?.cancel()
        timer = nil
    }

    private func answer(_ ended: @escaping () -> Void) {
        switch fault {
        case .slowHeaders:
            if timer == nil { trickle("HTTP/1.1 200 OK\r\nX-Slow: \(String(repeating: "x", count: 600))"[...]) }
        case .reset:
            send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"value\":")
            // The client needs time to read the bytes before the reset discards them.
            timer = loop.after(.milliseconds(20)) { [self] in
                var linger = linger(l_onoff: 1, l_linger: 0)
                // If this fails, the connection ends in order; the client still misses the rest of the answer.
                _ = unsafe setsockopt(
                    socket.number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
                finish(ended)
            }
        default:
            send("\u{1}\u{2}\u{3} this is not HTTP\r\n\r\n")
            finish(ended)
        }
    }

    private func trickle(_ text: Substring) {
        guard let next = text.first else { return }
        send(String(next))
        timer = loop.after(.seconds(1)) { [unowned self] in trickle(text.dropFirst()) }
    }

    private func send(_ text: String) {
        let bytes = Array(text.utf8)
        // A client that has gone does not need the bytes.
        _ = unsafe Glibc.send(socket.number, bytes, bytes.count, CInt(MSG_NOSIGNAL))
    }

    private func finish(_ ended: () -> Void) {
        end()
        ended()
    }
}
