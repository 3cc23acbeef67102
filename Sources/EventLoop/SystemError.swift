import Glibc

/// A system call that failed, with the name of the call and the system's own words.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call, as in its manual page: `epoll_create1`.
    package let call: String
    /// `errno` after the call.
    package let code: CInt

    /// - Parameter code: by default `errno`, so it is made before anything else is called.
    package init(_ call: String, code: CInt = errno) {
        self.call = call
        self.code = code
    }

    /// `epoll_create1: Too many open files`.
    package var description: String {
        // `strerror` of glibc 2.32 and later is thread-safe: its buffer belongs to the thread.
        let words = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return "\(call): \(words)"
    }
}

/// Turns the -1 of a system call into an error; every other result passes.
package func check<Result: SignedInteger>(_ call: String, _ result: Result) throws(SystemError) -> Result {
    guard result != -1 else { throw SystemError(call) }
    return result
}
