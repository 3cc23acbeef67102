import Glibc
import Redis
import System
import TestTools

/// A redis-server in a process of its own, which keeps nothing on disk, listening on a socket in a directory of its own.
final class RedisServer: @unchecked Sendable {
    // `@unchecked`: one task at a time kills and starts it.
    private let directory: String
    private let options: [String]
    /// nil without TLS.
    private let port: UInt16?
    private var process: pid_t = 0

    /// Returns once the server accepts connections.
    /// - Parameters:
    ///   - options: more of its command line: `--requirepass`, `secret`.
    ///   - certificate: of the test's authority, for TLS.
    init(_ options: [String] = [], certificate: String = "localhost") throws {
        var template = Array("/tmp/RedisTests-XXXXXX".utf8CString)
        directory = try unsafe template.withUnsafeMutableBufferPointer { buffer in
            guard let template = buffer.baseAddress, let name = unsafe mkdtemp(template) else {
                throw SystemError("mkdtemp")
            }
            return unsafe String(cString: name)
        }
        switch Transport.current {
        case .unix:
            self.options = options
            port = nil
        case .tls:
            let (authority, port) = (try authority.get(), try FakeServer.freePort())
            self.options =
                options + ["--tls-port", "\(port)", "--tls-auth-clients", "no", "--bind", "127.0.0.1"]
                + ["--tls-cert-file", authority.path("\(certificate).pem")]
                + ["--tls-key-file", authority.path("\(certificate).key")]
                + ["--tls-ca-cert-file", authority.path("ca.pem")]
            self.port = port
        }
        try start()
    }

    deinit {
        kill()
        unsafe unlink(path)
        unsafe rmdir(directory)
    }

    /// Of the socket.
    var path: String { "\(directory)/redis.sock" }

    /// With the test's authority, for TLS.
    var address: RedisAddress {
        guard let port, let authority = try? authority.get() else { return RedisAddress(.unix(path: path)) }
        return RedisAddress(
            .tcp(host: "localhost", port: port), isTLS: true, caFile: authority.path("ca.pem"))
    }

    func kill() {
        guard process > 0 else { return }
        signal(SIGKILL)
        var status: CInt = 0
        unsafe waitpid(process, &status, 0)
        process = 0
    }

    /// SIGSTOP leaves it with its connections, and answering nothing.
    func signal(_ number: CInt) {
        Glibc.kill(process, number)
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
        var ends: [CInt] = [0, 0]
        _ = try check("pipe", unsafe pipe(&ends))
        let reader = Descriptor(owning: ends[0])
        let writer = Descriptor(owning: ends[1])
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, writer.number, 1)
        // Sockets of other tests, hiredis' among them, are not to stay open in this process.
        for number in CInt(3)..<1_024 { unsafe posix_spawn_file_actions_addclose(&actions, number) }
        let command =
            ["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no"]
            + ["--dir", directory, "--enable-debug-command", "yes"] + options
        var arguments = unsafe command.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        let code = unsafe posix_spawnp(&process, command[0], &actions, nil, &arguments, environ)
        guard code == 0 else { throw SystemError("redis-server", code: code) }
        // What it says later has room in no pipe, but it says less than a pipe holds.
        _ = consume writer
        try RedisServer.waitUntilReady(reader)
    }

    private static func waitUntilReady(_ output: borrowing Descriptor) throws {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while !text.contains("eady to accept connections") {
            let count = try check("read", unsafe read(output.number, &buffer, buffer.count))
            guard count > 0 else { throw ServerFailure(words: text) }
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
    }
}

/// The server ended by itself, with what it said.
struct ServerFailure: Error {
    let words: String
}
