internal import CLinux
import Glibc
package import System

/// Signals as events of a loop (signalfd(2)), so that their handler may do anything that an ordinary function may.
///
/// The signals must be blocked in every thread of the process, or the kernel delivers them the old way: call
/// `block` before the first thread starts.
package final class SignalWatch {
    private let descriptor: Descriptor
    private let watch: Watch

    /// Blocks the signals in the calling thread and in those it starts from now on.
    package static func block(_ signals: [CInt]) throws(SystemError) {
        try change(SIG_BLOCK, signals)
    }

    /// Undoes `block` in the calling thread: what has arrived meanwhile is delivered.
    package static func unblock(_ signals: [CInt]) throws(SystemError) {
        try change(SIG_UNBLOCK, signals)
    }

    private static func change(_ how: CInt, _ signals: [CInt]) throws(SystemError) {
        var set = signalSet(signals)
        let code = unsafe pthread_sigmask(how, &set, nil)
        guard code == 0 else { throw SystemError("pthread_sigmask", code: code) }
    }

    /// Calls `handler` on the loop's thread with the number of each signal that arrives, as long as this object lives.
    package init(
        _ signals: [CInt], on loop: EventLoop, handler: @escaping (CInt) -> Void
    ) throws(SystemError) {
        var set = signalSet(signals)
        let number = unsafe try check(
            "signalfd", signalfd(-1, &set, CInt(SFD_CLOEXEC | SFD_NONBLOCK)))
        descriptor = Descriptor(owning: number)
        watch = try loop.watch(number, for: .readable) { _ in
            var info = signalfd_siginfo()
            while unsafe read(number, &info, MemoryLayout<signalfd_siginfo>.size)
                == MemoryLayout<signalfd_siginfo>.size
            {
                handler(CInt(info.ssi_signo))
            }
        }
    }

    deinit {
        watch.end()
    }
}

private func signalSet(_ signals: [CInt]) -> sigset_t {
    var set = sigset_t()
    let isEmptied = unsafe sigemptyset(&set) == 0
    precondition(isEmptied, "sigemptyset cannot fail")
    for signal in signals {
        let isAdded = unsafe sigaddset(&set, signal) == 0
        precondition(isAdded, "\(signal) is not a signal")
    }
    return set
}
