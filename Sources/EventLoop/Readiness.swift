internal import CLinux

/// What a descriptor is ready for, or is to be watched for. The bits are epoll's.
package struct Readiness: OptionSet, Sendable {
    /// EPOLL constants of epoll_ctl(2), or-ed.
    package let rawValue: UInt32

    /// Bits that epoll does not know are kept.
    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// There is something to read, or the end of it.
    package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    /// There is room to write.
    package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// An error condition; reported whether asked for or not.
    package static let error = Readiness(rawValue: EPOLLERR.rawValue)
    /// Both directions are closed; reported whether asked for or not.
    package static let hangUp = Readiness(rawValue: EPOLLHUP.rawValue)
}
