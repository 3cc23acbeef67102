import EventLoop
import Glibc
import Redis
import System

/// What looks like a Redis server from afar: it says what a test wants it to say. It lives on the loop of the client.
final class FakeServer {
    let port: UInt16
    private let loop: EventLoop
    private let answer: (String) -> String?
    private let listener: Descriptor
    private var watches: [CInt: Watch] = [:]

    /// - Parameter answer: to what arrives in one piece; nil closes the connection.
    init(on loop: EventLoop, _ answer: @escaping (String) -> String?) throws {
        self.loop = loop
        self.answer = answer
        let socket = try ListeningSocket()
        port = socket.port
        listener = socket.take()
        watches[listener.number] = try loop.watch(listener.number, for: .readable) { [unowned self] _ in accept() }
    }

    deinit {
        for (number, watch) in watches {
            watch.end()
            if number != listener.number { _ = close(number) }
        }
    }

    /// A port that was free a moment ago.
    static func freePort() throws -> UInt16 { try ListeningSocket().port }

    var address: RedisAddress { RedisAddress(.tcp(host: "127.0.0.1", port: port)) }

    /// Sends words that nobody asked for to everybody; nil ends all connections.
    func say(_ words: String?) {
        for number in watches.keys where number != listener.number {
            if let words { send(words, to: number) } else { end(number) }
        }
    }

    private func accept() {
        let number = Glibc.accept(listener.number, nil, nil)
        guard number >= 0 else { return }
        watches[number] = try? loop.watch(number, for: .readable) { [unowned self] _ in serve(number) }
    }

    private func serve(_ number: CInt) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(number, &buffer, buffer.count, 0)
        guard count > 0, let reply = answer(String(decoding: buffer[..<count], as: UTF8.self)) else {
            return end(number)
        }
        send(reply, to: number)
    }

    private func send(_ words: String, to number: CInt) {
        _ = unsafe Glibc.send(number, words, words.utf8.count, CInt(MSG_NOSIGNAL))
    }

    private func end(_ number: CInt) {
        watches.removeValue(forKey: number)?.end()
        _ = close(number)
    }
}

/// A TCP socket bound to 127.0.0.1 and a port of the kernel's choice.
private struct ListeningSocket: ~Copyable {
    let descriptor: Descriptor
    let port: UInt16

    init() throws {
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let number = try check("socket", socket(AF_INET, kind, 0))
        let descriptor = Descriptor(owning: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let results = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe (bind(number, address, size), listen(number, 16), getsockname(number, address, &size))
            }
        }
        _ = try check("bind", results.0)
        _ = try check("listen", results.1)
        _ = try check("getsockname", results.2)
        port = UInt16(bigEndian: address.sin_port)
        self.descriptor = descriptor
    }

    /// Gives the descriptor away.
    consuming func take() -> Descriptor { descriptor }
}
