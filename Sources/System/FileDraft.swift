import Glibc

/// A new file that appears at its path whole or not at all: until then it has another name beside it.
///
/// A draft that is let go before it has its place is removed.
package struct FileDraft: ~Copyable {
    private let path: String
    private let draft: String
    private let file: Descriptor

    /// Creates the draft, which only this user may read.
    /// - Parameter path: where the file will be.
    package init(of path: String) throws(SystemError) {
        self.path = path
        // The end in digits keeps it from being read as a session file.
        draft = "\(path).\(UInt64.random(in: 0 ... .max))"
        file = try Descriptor(opening: draft, O_WRONLY | O_CREAT | O_EXCL, permissions: 0o600)
    }

    deinit {
        // Fails when the file has been moved to its place.
        _ = unsafe unlink(draft)
    }

    /// Appends the bytes.
    /// - Parameter write: write(2), for tests.
    package func write(
        _ bytes: [UInt8], by write: (CInt, ArraySlice<UInt8>) -> Int = FileDraft.write
    ) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            // A write that is cut short has no error number; the next one has.
            let count = write(file.number, rest)
            guard count > 0 else { throw SystemError("write", code: count < 0 ? errno : ENOSPC) }
            rest = rest.dropFirst(count)
        }
    }

    /// Another descriptor of the draft, for a library that writes it.
    package func descriptor() throws(SystemError) -> Descriptor { try Descriptor(duplicating: file.number) }

    /// Changes the time of the last change, in nanoseconds of Unix time.
    package func setLastChange(_ nanoseconds: Int64) throws(SystemError) {
        try FileStatus.setLastChange(nanoseconds, of: file.number)
    }

    /// Changes user and group. Before `setPermissions`, because it clears bits of them.
    package func setOwner(_ owner: UInt32, group: UInt32) throws(SystemError) {
        _ = try check("fchown", fchown(file.number, owner, group))
    }

    /// Changes the permission bits, whatever the umask is.
    package func setPermissions(_ permissions: UInt32) throws(SystemError) {
        _ = try check("fchmod", fchmod(file.number, permissions))
    }

    /// Moves the file to its place, and replaces what is there.
    package consuming func replace() throws(SystemError) {
        _ = try check("fsync", fsync(file.number))
        _ = try unsafe check("rename", rename(draft, path))
    }

    /// Moves the file to its place unless one is there. Where the file system has no hard links, it replaces one that
    /// another process creates at the same moment.
    /// - Parameter link: link(2), as 0 or an error number, for tests.
    /// - Returns: false when a file is there that this may not be: read that one.
    package consuming func create(link: (String, String) -> CInt = FileDraft.link) throws(SystemError) -> Bool {
        _ = try check("fsync", fsync(file.number))
        switch link(draft, path) {
        case 0: return true
        case EEXIST: return false
        case EPERM, EOPNOTSUPP, ENOSYS:
            _ = try unsafe check("rename", rename(draft, path))
            return false
        case let code: throw SystemError("link", code: code)
        }
    }

    /// link(2), as 0 or an error number.
    package static func link(_ path: String, _ name: String) -> CInt {
        unsafe Glibc.link(path, name) == 0 ? 0 : errno
    }

    /// write(2).
    package static func write(_ file: CInt, _ bytes: ArraySlice<UInt8>) -> Int {
        unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
    }
}
