import EphemeraldCore
import EventLoop
import Glibc
import HTTP
import MicroHTTPD
import System

/// A whole server on a loop with a thread of its own: bytes go in over a unix socket, and answers come out.
final class ServerUnderTest: Sendable {
    static let shared = ServerUnderTest()

    private let path: String
    private let thread: EventLoopThread
    private let server: Server

    private init() {
        path = "/tmp/ephemerald-fuzz-\(getpid()).socket"
        do {
            let loop = try EventLoop()
            var settings = ServerSettings()
            settings.exchangeTimeout = .seconds(2)
            let service = ServiceUnderTest().service
            server = try Server(
                on: loop, listeningOn: try ListeningAddress.unix(path: path).listen(), settings: settings
            ) { service.reply(to: $0) }
            thread = try EventLoopThread(running: loop, name: "server")
        } catch {
            preconditionFailure("a server: \(error)")
        }
        let code = atexit { ListeningAddress.unix(path: ServerUnderTest.shared.path).removeSocketFile() }
        precondition(code == 0, "memory")
    }

    /// Sends everything, sends no more, and reads until the server closes; a client that has sent a part of a chunk is
    /// closed after two seconds only, so this one leaves before. Now and then a sound request shows that the server still
    /// answers.
    func exchange(_ input: [UInt8]) {
        let answer = send(input, patience: 20)
        precondition(answer.isEmpty || answer.starts(with: "HTTP/1.1 ".utf8), "an answer is HTTP")
        guard input.count % 16 == 0 else { return }
        let sound = send(Array("GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n".utf8), patience: 9_000)
        precondition(sound.starts(with: "HTTP/1.1 200 ".utf8), "a server that no longer answers")
    }

    /// - Parameter patience: in milliseconds.
    private func send(_ input: [UInt8], patience: Int) -> [UInt8] {
        let client = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(client) }
        precondition(client >= 0 && connect(client, path), "a connection")
        var limit = timeval(tv_sec: patience / 1_000, tv_usec: patience % 1_000 * 1_000)
        _ = unsafe setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        // A server that refuses early closes before all is sent.
        _ = unsafe Glibc.send(client, input, input.count, CInt(MSG_NOSIGNAL))
        _ = shutdown(client, CInt(SHUT_WR))
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe recv(client, &buffer, buffer.count, 0)
            // By the timer of libFuzzer.
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return answer }
            answer += buffer[..<count]
        }
    }
}

private func connect(_ client: CInt, _ path: String) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
        for (index, byte) in path.utf8.enumerated() { unsafe place[index] = byte }
    }
    return unsafe withUnsafePointer(to: address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            unsafe Glibc.connect(client, address, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
        }
    }
}
