import Glibc

/// A file descriptor with one owner: it is closed when the owner ends.
package struct Descriptor: ~Copyable, Sendable {
    /// The number, for system calls; valid as long as this value lives.
    package let number: CInt

    /// Takes over an open descriptor.
    package init(owning number: CInt) {
        self.number = number
    }

    /// Opens a file, close-on-exec: open(2).
    /// - Parameter permissions: of a file that O_CREAT makes, less the umask.
    package init(opening path: String, _ flags: CInt, permissions: UInt32 = 0) throws(SystemError) {
        number = try unsafe check("open", open(path, flags | O_CLOEXEC, permissions))
    }

    /// Opens another descriptor, close-on-exec, for the same open file description.
    package init(duplicating number: CInt) throws(SystemError) {
        self.number = try check("dup", fcntl(number, F_DUPFD_CLOEXEC, 0))
    }

    /// Gives the descriptor away: the caller closes it.
    package consuming func release() -> CInt {
        let number = number
        discard self
        return number
    }

    deinit {
        // The result is of no use: Linux closes the descriptor even when `close` reports an error.
        _ = close(number)
    }
}

/// A system call that failed, with the name of the call and the system's message.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call, as in its manual page: `epoll_create1`.
    package let call: String
    /// `errno` after the call.
    package let code: CInt
    private let message: String?

    /// - Parameters:
    ///   - code: `errno` by default, so create the error before anything else is called.
    ///   - message: what went wrong, where the system's message for the code does not say it well.
    package init(_ call: String, code: CInt = errno, message: String? = nil) {
        self.call = call
        self.code = code
        self.message = message
    }

    /// What went wrong, without the call: `Too many open files`.
    package var reason: String {
        // `strerror` of glibc 2.32 and later is thread-safe: its buffer belongs to the thread.
        unsafe message ?? strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }

    /// `epoll_create1: Too many open files`.
    package var description: String { "\(call): \(reason)" }
}

/// Turns the -1 of a system call into an error; every other result passes.
package func check<Result: SignedInteger>(_ call: String, _ result: Result) throws(SystemError) -> Result {
    guard result != -1 else { throw SystemError(call) }
    return result
}
