import EventLoop
import Glibc
import Redis
import System
import TestTools

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
        let socket = try Loopback(backlog: 16)
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
        // Not for a child of another test, which would keep the connection open.
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
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
