import EventLoop
import Glibc
import Synchronization

/// Standard error, as the daemon writes to it: a line is one `write`, and none waits for a reader.
final class DiagnosticStream: Sendable {
    private enum Kind {
        /// Writing does not wait.
        case file
        /// Opened anew, with O_NONBLOCK.
        case ownDescription
        case socket
        /// Has to be asked first: another writer may still come between, and then this one waits.
        case shared
    }

    let isTerminal: Bool
    /// Whether it ends in the journal, which then reads a level in front of each line.
    let isJournal: Bool
    private let descriptor: Descriptor
    private let kind: Kind
    private let endsInsideLine = Atomic(false)

    /// - Parameter journal: `$JOURNAL_STREAM`: device and inode of the stream to the journal (systemd.exec(5)).
    init(journal: String?) throws(SystemError) {
        var status = stat()
        _ = try unsafe check("fstat", fstat(STDERR_FILENO, &status))
        isTerminal = isatty(STDERR_FILENO) == 1
        isJournal = journal == "\(status.st_dev):\(status.st_ino)"
        switch status.st_mode & S_IFMT {
        case S_IFIFO, S_IFCHR:
            // O_NONBLOCK on the inherited description would be there for all who share it.
            let flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
            let number = unsafe open("/proc/self/fd/\(STDERR_FILENO)", flags)
            if number >= 0 {
                descriptor = Descriptor(owning: number)
                kind = .ownDescription
                return
            }
            kind = .shared
        case S_IFSOCK: kind = .socket
        default: kind = .file
        }
        descriptor = Descriptor(owning: try check("dup", fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)))
    }

    /// - Returns: whether all of it was written.
    func write(_ line: [UInt8]) -> Bool {
        let text = endsInsideLine.load(ordering: .relaxed) ? [UInt8(ascii: "\n")] + line : line
        let count = send(text)
        if count == text.count {
            endsInsideLine.store(false, ordering: .relaxed)
            return true
        }
        if count > 0 { endsInsideLine.store(true, ordering: .relaxed) }
        return false
    }

    private func send(_ text: [UInt8]) -> Int {
        switch kind {
        case .file, .ownDescription: return unsafe Glibc.write(descriptor.number, text, text.count)
        case .socket:
            return unsafe Glibc.send(
                descriptor.number, text, text.count, CInt(MSG_DONTWAIT | MSG_NOSIGNAL))
        case .shared:
            var question = pollfd(fd: descriptor.number, events: Int16(POLLOUT), revents: 0)
            guard unsafe poll(&question, 1, 0) == 1 else { return -1 }
            return unsafe Glibc.write(descriptor.number, text, text.count)
        }
    }
}
