internal import CLinux
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
        let file = try InputFile.open(path)
        let status = try InputFile.status(of: file.number)
        permissions = Int(status.permissions)
        let number = file.number
        let deadline = try InputFile.deadline(of: number, kind: status.kind, pipes)
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            if let deadline { try InputFile.awaitBytes(of: number, until: deadline) }
            let count = unsafe read(number, &buffer, buffer.count)
            if count < 0, deadline != nil, errno == EAGAIN { continue }
            guard count >= 0 else { throw InputFile.failure(errno) }
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

    private static func open(_ path: String) throws(Invalid) -> Descriptor {
        do throws(SystemError) {
            return try Descriptor(opening: path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        } catch {
            throw failure(error.code)
        }
    }

    private static func status(of number: CInt) throws(Invalid) -> FileStatus {
        do throws(SystemError) { return try FileStatus(of: number) } catch { throw failure(error.code) }
    }

    /// The moment until which reading waits for bytes; nil for a file that has them without waiting.
    private static func deadline(
        of number: CInt, kind: FileStatus.Kind, _ pipes: Pipes
    ) throws(Invalid) -> ContinuousClock.Instant? {
        guard kind != .regular, kind != .directory else { return nil }
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

    private static func failure(_ code: CInt) -> Invalid {
        switch code {
        case ENOENT, ENOTDIR: Invalid("there is no such file")
        case EACCES, EPERM: Invalid("this user may not read the file")
        case EISDIR: Invalid("this is a directory; write the path of a file")
        default: Invalid("the file cannot be read: \(SystemError("read", code: code).reason)")
        }
    }
}

extension InputFile {
    /// Whether a pipe, a socket or a terminal is at the path: its content cannot be read again.
    package static func isReadOnce(_ path: String) -> Bool {
        guard let status = try? FileStatus(at: path) else { return false }
        return status.kind != .regular && status.kind != .directory
    }

    /// Whether there is a regular file at the path, or nothing yet.
    package static func isRegularOrMissing(_ path: String) -> Bool {
        guard let status = try? FileStatus(at: path) else { return true }
        return status.kind == .regular
    }

    /// Whether there is a directory at the path; nil when this user cannot tell.
    package static func isDirectory(_ path: String) -> Bool? {
        do throws(SystemError) { return try FileStatus(at: path).kind == .directory } catch {
            return error.code == ENOENT || error.code == ENOTDIR ? false : nil
        }
    }

    /// Whether the file is mounted on its own, as a container engine mounts a single file. The mount keeps that file, even
    /// if another one replaces it where it came from.
    package static func isMountPoint(_ path: String) -> Bool {
        unsafe clinux_is_mount_point(path) != 0
    }

    /// The permission bits of the file; nil when they cannot be read.
    package static func permissions(of path: String) -> Int? {
        (try? FileStatus(at: path)).map { Int($0.permissions) }
    }
}
