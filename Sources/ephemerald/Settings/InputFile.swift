import EventLoop
import Glibc

/// A file that a setting names, read whole with a limit.
///
/// It is read by read(2) and not by Foundation, which refuses the pipes that a shell or a secret store hands over.
package enum InputFile {
    /// The bytes of the file.
    /// - Parameter limit: the size in bytes beyond which the file is refused.
    package static func contents(of path: String, limit: Int) throws(InvalidValue) -> [UInt8] {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw lastError() }
        let file = Descriptor(owning: number)
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(file.number, &buffer, buffer.count)
            guard count >= 0 else { throw lastError() }
            guard count > 0 else { return contents }
            contents += buffer[..<count]
            guard contents.count <= limit else { throw InvalidValue("the file has more than \(limit) bytes") }
        }
    }

    /// The permission bits of the file, nil when they are not to be had.
    package static func permissions(of path: String) -> Int? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Int(status.st_mode & 0o7777)
    }

    private static func lastError() -> InvalidValue {
        switch errno {
        case ENOENT, ENOTDIR: InvalidValue("there is no such file")
        case EACCES, EPERM: InvalidValue("this user may not read the file")
        case EISDIR: InvalidValue("this is a directory; write the path of a file")
        case let code: InvalidValue("the file cannot be read: \(unsafe String(cString: strerror(code)))")
        }
    }
}
