import Glibc
package import Text

/// A file that a person or a setting names, read whole.
///
/// It is read by read(2) and not by Foundation, which refuses the pipes that a shell or a secret store hands over.
package struct InputFile: Sendable {
    /// How a file that is not a regular one is read, such as the pipe of `<(…)` in a shell.
    package enum Pipes: Sendable {
        /// It is read until that moment: its writer may never come, or never finish.
        case until(ContinuousClock.Instant)
        /// It is refused: what a shell handed over is read once, and nobody writes it again.
        case refused

        /// How long all pipes of a start may take together.
        package static let patience = Duration.seconds(5)

        /// From now on, as long as that.
        package static var patient: Pipes { .until(.now + patience) }
    }

    /// The bytes of the file.
    package let contents: [UInt8]
    /// The permission bits of the file.
    package let permissions: Int

    /// Reads the file.
    /// - Parameter limit: the size in bytes above which the file is refused.
    package init(_ path: String, limit: Int, pipes: Pipes = .patient) throws(Invalid) {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard number >= 0 else { throw InputFile.lastError() }
        defer { _ = close(number) }
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw InputFile.lastError() }
        permissions = Int(status.st_mode & 0o7777)
        let deadline = try InputFile.deadline(of: number, kind: status.st_mode & S_IFMT, pipes)
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            if let deadline { try InputFile.awaitBytes(of: number, until: deadline) }
            let count = unsafe read(number, &buffer, buffer.count)
            if count < 0, deadline != nil, errno == EAGAIN { continue }
            guard count >= 0 else { throw InputFile.lastError() }
            guard count > 0 else { break }
            contents += buffer[..<count]
            guard contents.count <= limit else { throw Invalid("the file has more than \(limit) bytes") }
        }
        self.contents = contents
    }

    /// The bytes of the file.
    /// - Parameter limit: the size in bytes above which the file is refused.
    package static func contents(of path: String, limit: Int, pipes: Pipes = .patient) throws(Invalid) -> [UInt8] {
        try InputFile(path, limit: limit, pipes: pipes).contents
    }

    /// The moment until which reading waits for bytes; nil for a file that has them without waiting.
    private static func deadline(
        of number: CInt, kind: mode_t, _ pipes: Pipes
    ) throws(Invalid) -> ContinuousClock.Instant? {
        guard kind != S_IFREG, kind != S_IFDIR else { return nil }
        guard isatty(number) == 0 else { throw Invalid("this is a terminal; write the path of a file") }
        switch pipes {
        case .refused: throw Invalid("this is not a regular file; only a start reads other kinds")
        case .until(let deadline): return deadline
        }
    }

    /// Waits for bytes or the end of the file; after the deadline it waits for neither.
    private static func awaitBytes(of number: CInt, until deadline: ContinuousClock.Instant) throws(Invalid) {
        var question = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        while true {
            let left = max(.zero, ContinuousClock.now.duration(to: deadline)) / Duration.milliseconds(1)
            let count = unsafe poll(&question, 1, CInt(left.rounded(.up)))
            if count > 0 { return }
            guard count < 0, errno == EINTR else { break }
        }
        throw Invalid("this is not a regular file, and its writer did not finish within \(Pipes.patience)")
    }

    private static func lastError() -> Invalid {
        switch errno {
        case ENOENT, ENOTDIR: Invalid("there is no such file")
        case EACCES, EPERM: Invalid("this user may not read the file")
        case EISDIR: Invalid("this is a directory; write the path of a file")
        case let code: Invalid("the file cannot be read: \(unsafe String(cString: strerror(code)))")
        }
    }
}

extension InputFile {
    /// Whether a pipe, a socket or a terminal is at the path: its content cannot be read again.
    package static func isReadOnce(_ path: String) -> Bool {
        kind(of: path).map { $0 != S_IFREG && $0 != S_IFDIR } ?? false
    }

    /// Whether there is a regular file at the path, or nothing yet.
    package static func isRegularOrMissing(_ path: String) -> Bool {
        kind(of: path).map { $0 == S_IFREG } ?? true
    }

    /// Whether there is a directory at the path; nil when this user cannot tell.
    package static func isDirectory(_ path: String) -> Bool? {
        if let kind = kind(of: path) { return kind == S_IFDIR }
        return errno == ENOENT || errno == ENOTDIR ? false : nil
    }

    /// The permission bits of the file; nil when they cannot be read.
    package static func permissions(of path: String) -> Int? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Int(status.st_mode & 0o7777)
    }

    private static func kind(of path: String) -> mode_t? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return status.st_mode & S_IFMT
    }
}
