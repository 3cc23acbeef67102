import Glibc
import System

/// A blocking socket with a deadline.
struct ProbeSocket: ~Copyable {
    private let socket: Descriptor
    private let deadline: ContinuousClock.Instant

    /// Connects to the first address that answers.
    init(to address: ListeningAddress, deadline: ContinuousClock.Instant) throws(HealthProbe.Failure) {
        socket = try ProbeSocket.connect(to: try ProbeSocket.addresses(of: address), deadline: deadline)
        self.deadline = deadline
    }

    private static func addresses(of address: ListeningAddress) throws(HealthProbe.Failure) -> [SocketAddress] {
        do throws(SystemError) {
            switch address {
            case .tcp(let host, let port): return try SocketAddress.resolving(host, port: port, isPassive: false)
            case .unix(let path): return [try SocketAddress(unix: path)]
            }
        } catch {
            throw HealthProbe.Failure(reason: error.call == "getaddrinfo" ? "the host is not known" : error.reason)
        }
    }

    private static func connect(
        to addresses: [SocketAddress], deadline: ContinuousClock.Instant
    ) throws(HealthProbe.Failure) -> Descriptor {
        var failure = HealthProbe.Failure(reason: "no address answers")
        for address in addresses {
            do throws(SystemError) {
                let socket = try address.openSocket(SOCK_STREAM)
                try setTimeouts(of: socket, until: deadline)
                try address.connect(socket)
                return socket
            } catch {
                failure = HealthProbe.Failure(error)
            }
        }
        throw failure
    }

    func send(_ text: String) throws(HealthProbe.Failure) {
        let bytes = Array(text.utf8)
        do throws(SystemError) {
            try ProbeSocket.setTimeouts(of: socket, until: deadline)
            // The request fits any socket's buffer, so it goes at once or not at all.
            let count = try unsafe check("send", Glibc.send(socket.number, bytes, bytes.count, CInt(MSG_NOSIGNAL)))
            guard count == bytes.count else { throw SystemError("send", code: EAGAIN) }
        } catch {
            throw HealthProbe.Failure(error)
        }
    }

    /// The answer up to the end of its first line.
    func firstLine() throws(HealthProbe.Failure) -> String {
        var answer: [UInt8] = []
        while true {
            if let end = answer.firstIndex(of: 0x0D) { return String(decoding: answer[..<end], as: UTF8.self) }
            guard answer.count < 1024 else { throw HealthProbe.Failure(reason: "the answer is not HTTP") }
            let piece = try receive(512)
            guard !piece.isEmpty else {
                throw HealthProbe.Failure(reason: "the connection was closed without an answer")
            }
            answer += piece
        }
    }

    /// The bytes of the answer up to the end of the connection.
    /// - Parameter limit: the most bytes that it may have.
    func wholeAnswer(limit: Int) throws(HealthProbe.Failure) -> [UInt8] {
        var answer: [UInt8] = []
        while true {
            let piece = try receive(65_536)
            if piece.isEmpty { return answer }
            answer += piece
            guard answer.count <= limit else { throw HealthProbe.Failure(reason: "the answer is too long") }
        }
    }

    /// The next bytes, at most so many; none at the end of the connection.
    private func receive(_ count: Int) throws(HealthProbe.Failure) -> ArraySlice<UInt8> {
        var buffer = [UInt8](repeating: 0, count: count)
        do throws(SystemError) {
            try ProbeSocket.setTimeouts(of: socket, until: deadline)
            let received = try unsafe check("recv", recv(socket.number, &buffer, buffer.count, 0))
            return buffer[..<received]
        } catch {
            throw HealthProbe.Failure(error)
        }
    }

    /// What is left until the deadline is the limit of each call, so that all of them together keep it.
    private static func setTimeouts(
        of socket: borrowing Descriptor, until deadline: ContinuousClock.Instant
    ) throws(SystemError) {
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero else { throw SystemError("poll", code: EAGAIN) }
        try socket.setTimeout(SO_RCVTIMEO, to: left)
        try socket.setTimeout(SO_SNDTIMEO, to: left)
    }
}

extension HealthProbe.Failure {
    fileprivate init(_ error: SystemError) {
        let isLate = error.code == EAGAIN || error.code == EINPROGRESS
        self.init(reason: isLate ? "no answer in time" : error.reason)
    }
}
