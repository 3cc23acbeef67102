import Glibc
import Redis
import System
import TestTools

/// A redis-server in a process of its own, which keeps nothing on disk, listening on a socket in a directory of its own.
final class RedisServer: @unchecked Sendable {
    // `@unchecked`: one task at a time kills and starts it.
    private let directory: TemporaryDirectory
    private let options: [String]
    /// nil without TLS. It stays reserved while the server is gone.
    private let port: ReservedPort?
    private var process: ChildProcess?

    /// Returns once the server accepts connections.
    /// - Parameters:
    ///   - options: more of its command line: `--requirepass`, `secret`.
    ///   - certificate: of the test's authority, for TLS.
    init(_ options: [String] = [], certificate: String = "localhost") throws {
        directory = try TemporaryDirectory()
        switch Transport.current {
        case .unix:
            self.options = options
            port = nil
        case .tls:
            let (authority, port) = (try authority.get(), try ReservedPort())
            self.options =
                options + ["--tls-port", "\(port.number)", "--tls-auth-clients", "no", "--bind", "127.0.0.1"]
                + ["--tls-cert-file", authority.path("\(certificate).pem")]
                + ["--tls-key-file", authority.path("\(certificate).key")]
                + ["--tls-ca-cert-file", authority.path("ca.pem")]
            self.port = port
        }
        try start()
    }

    /// Of the socket.
    var path: String { "\(directory.path)/redis.sock" }

    /// With the test's authority, for TLS.
    var address: RedisAddress {
        guard let port, let authority = try? authority.get() else { return RedisAddress(.unix(path: path)) }
        return RedisAddress(
            .tcp(host: "localhost", port: port.number), isTLS: true, caFile: authority.path("ca.pem"))
    }

    func kill() {
        process = nil
    }

    /// SIGSTOP leaves it with its connections, and answering nothing.
    func signal(_ number: CInt) {
        process?.signal(number)
    }

    /// Keeps the thread waiting until the server answers.
    func ping() throws {
        let socket = Descriptor(owning: try check("socket", socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let number = socket.number
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe connect(number, address, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        _ = try check("connect", connected)
        _ = try check("send", unsafe send(number, "PING\r\n", 6, 0))
        var buffer = [UInt8](repeating: 0, count: 7)
        _ = try check("recv", unsafe recv(number, &buffer, buffer.count, CInt(MSG_WAITALL)))
    }

    func start() throws {
        let process = try ChildProcess(
            ["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no"]
                + ["--dir", directory.path, "--enable-debug-command", "yes"] + options)
        var output: [String] = []
        // What the server prints later is read by nobody, but it is less than a pipe holds.
        while let line = process.readLine() {
            if line.contains("eady to accept connections") {
                self.process = process
                return
            }
            output.append(line)
        }
        throw ServerFailure(output: output)
    }
}

/// The server ended by itself.
struct ServerFailure: Error {
    let output: [String]
}
