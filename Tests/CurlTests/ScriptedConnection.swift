import EventLoop
import Glibc
import System

private let doNotWait = CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL)

/// One accepted connection. Belongs to the thread of its server.
final class ScriptedConnection {
    private let number: CInt
    private let script: @Sendable (String) -> [ScriptedServer.Step]
    private let log: AsyncStream<ScriptedServer.Event>.Continuation
    private var watch: Watch?
    private var received: [UInt8] = []
    private var unsent: [UInt8] = []
    private var last: ScriptedServer.Step?
    private var onEnd: ((ScriptedConnection) -> Void)?

    init(
        _ number: CInt, script: @escaping @Sendable (String) -> [ScriptedServer.Step],
        log: AsyncStream<ScriptedServer.Event>.Continuation
    ) {
        self.number = number
        self.script = script
        self.log = log
    }

    func start(on loop: EventLoop, onEnd: @escaping (ScriptedConnection) -> Void) {
        self.onEnd = onEnd
        watch = try? loop.watch(number, for: .readable) { [self] _ in
            receive()
            send()
        }
    }

    private func receive() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(number, &buffer, buffer.count, doNotWait)
        if count < 0, errno == EAGAIN { return }
        guard count > 0 else {
            log.yield(.ended)
            return end()
        }
        received += buffer.prefix(count)
        while let request = nextRequest() {
            log.yield(.request(request))
            for step in script(request) {
                if case .send(let text) = step { unsent += Array(text.utf8) } else { last = step }
            }
        }
    }

    private func nextRequest() -> String? {
        let text = String(decoding: received, as: UTF8.self)
        guard let head = text.utf8.firstRange(of: "\r\n\r\n".utf8) else { return nil }
        let length = text[..<head.lowerBound].split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
        let count = text[..<head.upperBound].utf8.count + (length.flatMap { Int($0.dropFirst(16)) } ?? 0)
        guard received.count >= count else { return nil }
        defer { received.removeFirst(count) }
        return String(decoding: received.prefix(count), as: UTF8.self)
    }

    private func send() {
        guard watch != nil else { return }
        while !unsent.isEmpty {
            let count = unsafe Glibc.send(number, unsent, unsent.count, doNotWait)
            guard count > 0 else { break }
            unsent.removeFirst(count)
        }
        if !unsent.isEmpty {
            try? watch?.change(to: [.readable, .writable])
        } else if case .reset = last {
            var linger = linger(l_onoff: 1, l_linger: 0)
            unsafe setsockopt(number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
            end()
        } else if last != nil {
            end()
        } else {
            try? watch?.change(to: .readable)
        }
    }

    private func end() {
        guard watch != nil else { return }
        watch?.end()
        watch = nil
        close(number)
        onEnd?(self)
    }
}
