import Glibc
import System

/// A file that a setting names, read whole with a limit.
///
/// It is read by read(2) and not by Foundation, which refuses the pipes that a shell or a secret store hands over.
package enum InputFile {
    /// What becomes of a file that is no regular one, such as the pipe of `<(…)` in a shell.
    package enum Pipes: Sendable {
        /// It is read, until then: its writer may never come, or never end.
        case until(ContinuousClock.Instant)
        /// It is refused: what a shell handed over is read once, and nobody may be there to write it again.
        case refused
    }

    /// How long all pipes of a start may take together.
    package static let patience = Duration.seconds(5)
    /// Nil where each file has `patience` for itself.
    @TaskLocal package static var pipes: Pipes?

    /// The bytes of the file.
    /// - Parameter limit: the size in bytes beyond which the file is refused.
    package static func contents(of path: String, limit: Int) throws(InvalidValue) -> [UInt8] {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard number >= 0 else { throw lastError() }
        let file = Descriptor(owning: number)
        let deadline = try deadline(for: number)
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            if let deadline { try awaitBytes(of: number, until: deadline) }
            let count = unsafe read(file.number, &buffer, buffer.count)
            if count < 0, deadline != nil, errno == EAGAIN { continue }
            guard count >= 0 else { throw lastError() }
            guard count > 0 else { return contents }
            contents += buffer[..<count]
            guard contents.count <= limit else { throw InvalidValue("the file has more than \(limit) bytes") }
        }
    }

    /// Until when it is waited for bytes; nil for what has them without waiting.
    private static func deadline(for number: CInt) throws(InvalidValue) -> ContinuousClock.Instant? {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw lastError() }
        let kind = status.st_mode & S_IFMT
        guard kind != S_IFREG, kind != S_IFDIR else { return nil }
        guard isatty(number) == 0 else { throw InvalidValue("this is a terminal; write the path of a file") }
        switch pipes {
        case .refused: throw InvalidValue("this is no regular file, and such are read at a start alone")
        case .until(let deadline): return deadline
        case nil: return .now + patience
        }
    }

    /// Waits for bytes or the end; behind the deadline for neither.
    private static func awaitBytes(of number: CInt, until deadline: ContinuousClock.Instant) throws(InvalidValue) {
        var question = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        while true {
            let left = max(.zero, ContinuousClock.now.duration(to: deadline)) / Duration.milliseconds(1)
            let count = unsafe poll(&question, 1, CInt(left.rounded(.up)))
            if count > 0 { return }
            guard count < 0, errno == EINTR else { break }
        }
        throw InvalidValue("this is no regular file, and what writes to it is not done within \(patience)")
    }

    /// Whether something is at the path that has no content to read again: a pipe, a socket, a terminal.
    static func isReadOnce(_ path: String) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return false }
        return ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
    }

    /// The permission bits of the file, nil when they are not to be had.
    package static func permissions(of path: String) -> Int? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Int(status.st_mode & 0o7777)
    }

    /// Whether there is a directory at the path; nil when this user cannot tell.
    static func isDirectory(_ path: String) -> Bool? {
        var status = stat()
        guard unsafe stat(path, &status) != 0 else { return status.st_mode & S_IFMT == S_IFDIR }
        return errno == ENOENT || errno == ENOTDIR ? false : nil
    }

    private static func lastError() -> InvalidValue {
        switch errno {
        case ENOENT, ENOTDIR: InvalidValue("there is no such file")
        case EACCES, EPERM: InvalidValue("this user may not read the file")
        case EISDIR: InvalidValue("this is a directory; write the path of a file")
        case let code: InvalidValue("the file cannot be read: \(unsafe String(cString: strerror(code)))")
        }
    }
}
