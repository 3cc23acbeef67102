internal import CLinux
import Glibc
import Locking
import Synchronization

/// Writes lines to a descriptor, each with one call, from any thread, and never waits for a reader.
///
/// A line for which there is no room is an error. After a line that was cut short, by a full disk or a terminal, the
/// next one begins on a line of its own.
package final class LineWriter: Sendable {
    /// What keeps a write from waiting.
    private enum Mode {
        /// A file has no reader to wait for. A path that names a pipe is opened with O_NONBLOCK.
        case file
        /// Another open file description of the inherited stream, with O_NONBLOCK.
        case ownStream
        /// A socket has MSG_DONTWAIT for each call; it cannot be opened again.
        case socket
        /// The open file description that was inherited: O_NONBLOCK would be set for all processes that share it.
        case shared
    }

    private let descriptor: Descriptor
    private let mode: Mode
    private let endsInsideLine: Atomic<Bool>
    /// Held from the look for room to the write. One for the process: two streams may be one pipe.
    private static let room = Locked(())

    /// Takes over the descriptor of a file, or of a pipe or device that was opened with O_NONBLOCK.
    /// - Parameter endsInsideLine: whether what is written already does not end with a line feed.
    package init(owning descriptor: consuming Descriptor, endsInsideLine: Bool = false) {
        self.descriptor = descriptor
        mode = .file
        self.endsInsideLine = Atomic(endsInsideLine)
    }

    /// Writes to a stream that the process inherited and shares with others, such as standard output.
    /// - Parameter reopen: opens a pipe or device again, with O_NONBLOCK; -1 where that is not allowed, as it is not for
    ///   the pipe of another user.
    package init(inheriting number: CInt, reopen: (CInt) -> CInt = LineWriter.reopen) throws(SystemError) {
        endsInsideLine = Atomic(false)
        switch try FileStatus(of: number).kind {
        case .pipe, .characterDevice:
            let own = reopen(number)
            if own >= 0 {
                descriptor = Descriptor(owning: own)
                mode = .ownStream
                return
            }
            mode = .shared
        case .socket: mode = .socket
        default: mode = .file
        }
        descriptor = try Descriptor(duplicating: number)
    }

    /// Opens what is open under that number again, for writing without waiting.
    package static func reopen(_ number: CInt) -> CInt {
        unsafe open("/proc/self/fd/\(number)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    }

    /// Writes to another file from now on. A line that another thread is writing goes whole to the one or the other.
    /// - Parameters:
    ///   - fresh: as `init(owning:endsInsideLine:)` takes it; the file before is closed.
    ///   - endsInsideLine: as there.
    package func replace(with fresh: consuming Descriptor, endsInsideLine: Bool) throws(SystemError) {
        _ = try check("dup3", clinux_replace_descriptor(fresh.number, descriptor.number))
        self.endsInsideLine.store(endsInsideLine, ordering: .relaxed)
    }

    /// Writes a line.
    /// - Parameter line: with its line feed; at most 4,095 bytes, of which a pipe takes all or nothing (pipe(7)).
    /// - Throws: when it is not written whole: EAGAIN where there is no room, ENOSPC where a part was written.
    package func write(_ line: [UInt8]) throws(SystemError) {
        let isAfterCut = endsInsideLine.load(ordering: .relaxed)
        let text = isAfterCut ? [UInt8(ascii: "\n")] + line : line
        let count = send(text)
        guard count != text.count else {
            // Otherwise it could forget the line that another thread has cut meanwhile.
            if isAfterCut { endsInsideLine.store(false, ordering: .relaxed) }
            return
        }
        let code = count < 0 ? errno : mode == .file ? ENOSPC : EAGAIN
        if count > 0 { endsInsideLine.store(true, ordering: .relaxed) }
        throw SystemError("write", code: code, message: code == EAGAIN ? "its reader has stopped reading" : nil)
    }

    private func send(_ text: [UInt8]) -> Int {
        switch mode {
        case .file, .ownStream: return unsafe Glibc.write(descriptor.number, text, text.count)
        case .socket:
            return unsafe Glibc.send(descriptor.number, text, text.count, CInt(MSG_DONTWAIT | MSG_NOSIGNAL))
        case .shared:
            let count = unsafe clinux_write_at_once(descriptor.number, text, text.count)
            guard count < 0, errno == EOPNOTSUPP else { return count }
            return writeIfThereIsRoom(text)
        }
    }

    /// For terminals, and for pipes before Linux 6.4. Another process may take the room between the two calls.
    private func writeIfThereIsRoom(_ text: [UInt8]) -> Int {
        let (count, code) = LineWriter.room.withLock { _ in
            var question = pollfd(fd: descriptor.number, events: Int16(POLLOUT), revents: 0)
            guard unsafe poll(&question, 1, 0) == 1 else { return (-1, EAGAIN) }
            let count = unsafe Glibc.write(descriptor.number, text, text.count)
            return (count, errno)
        }
        errno = code
        return count
    }
}
