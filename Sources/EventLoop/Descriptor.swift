import Glibc

/// A file descriptor with one owner: closed when the owner ends.
package struct Descriptor: ~Copyable, Sendable {
    /// The number, for system calls; valid as long as this value lives.
    package let number: CInt

    /// Takes over an open descriptor.
    package init(owning number: CInt) {
        self.number = number
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
