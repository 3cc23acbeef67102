internal import CLinux
import Glibc
import System

/// An inotify instance: inotify(7). The kernel numbers its watches and never uses a number twice in a row.
struct Inotify: ~Copyable {
    /// What is reported, or was; the bits are the kernel's.
    struct Mask: OptionSet {
        let rawValue: UInt32

        /// A name appeared in the directory.
        static let created = Mask(IN_CREATE)
        /// A name appeared in the directory, disappeared from it, or was moved.
        static let names = Mask(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)
        /// A file that was open for writing is closed.
        static let closed = Mask(IN_CLOSE_WRITE)
        /// A file was written to, or cut.
        static let modified = Mask(IN_MODIFY)
        /// Permissions, owner or time stamps changed. Reading a file is not reported, whatever its time stamps.
        static let attributes = Mask(IN_ATTRIB)
        /// The watch applies to a directory only.
        static let onlyDirectory = Mask(IN_ONLYDIR)
        /// Events were lost.
        static let overflow = Mask(IN_Q_OVERFLOW)
        /// The watch is gone, because the directory or file is.
        static let ignored = Mask(IN_IGNORED)

        init(rawValue: UInt32) { self.rawValue = rawValue }
        private init(_ bits: CInt) { rawValue = UInt32(bitPattern: bits) }
        fileprivate static let flags = Mask(IN_MASK_ADD | IN_EXCL_UNLINK)
    }

    /// One thing that happened.
    struct Event {
        /// The number of the watch; -1 for an overflow.
        let watch: CInt
        let mask: Mask
        /// The entry of the directory; empty for what is watched itself.
        let name: String
    }

    private let descriptor: Descriptor

    /// - Throws: when this user has as many instances as fs.inotify.max_user_instances allows.
    init() throws(SystemError) {
        let number = inotify_init1(CInt(IN_CLOEXEC | IN_NONBLOCK))
        guard number >= 0 else {
            let code = errno
            throw SystemError(
                "inotify_init1", code: code,
                message: code == EMFILE ? "the limit fs.inotify.max_user_instances is reached" : nil)
        }
        descriptor = Descriptor(owning: number)
    }

    /// Readable when there are events.
    var number: CInt { descriptor.number }

    /// Watches the directory or file at the path, in addition to what is watched there already.
    func add(_ path: String, for mask: Mask) throws(SystemError) -> CInt {
        let number = unsafe inotify_add_watch(descriptor.number, path, mask.union(.flags).rawValue)
        guard number < 0 else { return number }
        let code = errno
        throw SystemError(
            "inotify_add_watch: \(path)", code: code,
            message: code == ENOSPC ? "the limit fs.inotify.max_user_watches is reached" : nil)
    }

    /// Ends a watch.
    func remove(_ watch: CInt) {
        // Fails when the kernel has ended it already.
        _ = inotify_rm_watch(descriptor.number, watch)
    }

    /// Hands over all events that are there.
    func takeEvents(_ body: (Event) -> Void) {
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = unsafe read(descriptor.number, &buffer, buffer.count)
            guard count > 0 else { return }
            var start = 0
            while start < count {
                // struct inotify_event: wd, mask, cookie, and the length of the name that follows.
                let head = unsafe buffer.withUnsafeBytes { bytes in
                    (0..<4).map { unsafe bytes.loadUnaligned(fromByteOffset: start + 4 * $0, as: UInt32.self) }
                }
                let end = start + 16 + Int(head[3])
                let name = String(decoding: buffer[start + 16..<end].prefix { $0 != 0 }, as: UTF8.self)
                body(Event(watch: CInt(bitPattern: head[0]), mask: Mask(rawValue: head[1]), name: name))
                start = end
            }
        }
    }
}
