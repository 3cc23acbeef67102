import Glibc

/// What the system knows about a file or another open thing: stat(2).
package struct FileStatus: Sendable {
    /// What it is.
    package enum Kind: Sendable {
        case regular, directory, symbolicLink, pipe, socket, characterDevice, blockDevice
    }

    /// What it is.
    package let kind: Kind
    /// The permission bits, setuid, setgid and the sticky bit included.
    package let permissions: UInt32
    /// User id of the owner.
    package let owner: UInt32
    /// Group id.
    package let group: UInt32
    /// The device and the inode, which together identify a file: `8:1234`, as systemd writes them.
    package let identity: String
    /// The number of names that it has.
    package let linkCount: Int
    /// When the content was last changed, in nanoseconds of Unix time.
    package let lastChange: Int64

    /// The status of what is at a path.
    /// - Parameter followsLinks: whether a symbolic link at the end of the path is followed.
    package init(at path: String, followsLinks: Bool = true) throws(SystemError) {
        var status = stat()
        if followsLinks {
            _ = try unsafe check("stat", stat(path, &status))
        } else {
            _ = try unsafe check("lstat", lstat(path, &status))
        }
        self.init(status)
    }

    /// The status of what is open under that number.
    package init(of number: CInt) throws(SystemError) {
        var status = stat()
        _ = try unsafe check("fstat", fstat(number, &status))
        self.init(status)
    }

    /// Sets the time of the last change, and of the last access, of what is open under that number, in nanoseconds of Unix
    /// time.
    package static func setLastChange(_ nanoseconds: Int64, of number: CInt) throws(SystemError) {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let time = timespec(tv_sec: Int(seconds), tv_nsec: Int(rest))
        _ = try unsafe check("futimens", futimens(number, [time, time]))
    }

    private init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            case S_IFIFO: .pipe
            case S_IFSOCK: .socket
            case S_IFCHR: .characterDevice
            case S_IFBLK: .blockDevice
            default: .regular
            }
        permissions = status.st_mode & 0o7777
        owner = status.st_uid
        group = status.st_gid
        identity = "\(status.st_dev):\(status.st_ino)"
        linkCount = Int(status.st_nlink)
        lastChange = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }
}
