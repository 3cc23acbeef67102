import EventLoop
import Glibc
import System

/// A listening socket whose connections are answered with what no HTTP server would send.
final class FaultySocket {
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

/// One connection that goes wrong as soon as something has been asked on it.
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

    /// - Parameter ended: called when the connection can be let go, which closes it.
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
            // Time for the client to read the piece before the reset throws it away.
            timer = loop.after(.milliseconds(20)) { [self] in
                var linger = linger(l_onoff: 1, l_linger: 0)
                // Refused, the connection ends in order, and a client that waits for more is cut off all the same.
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
        // A client that has gone is no reason to go on.
        _ = unsafe Glibc.send(socket.number, bytes, bytes.count, CInt(MSG_NOSIGNAL))
    }

    private func finish(_ ended: () -> Void) {
        end()
        ended()
    }
}
