package import EphemeraldCore
import EventLoop
import Glibc

/// The salt that the first start makes: 32 random bytes that only this user may read.
package enum SafetySaltFile {
    /// Makes the file, or reads it when it is there. Of two that start at once, one makes it and the other reads it.
    ///
    /// It comes into its place whole: a part of a salt would stop every later start.
    package static func open(_ path: String) throws(InvalidValue) -> SafetyIdentifier {
        if unsafe access(path, F_OK) == 0 { return try SafetySalt.read(path) }
        let salt = SafetyIdentifier.randomSalt()
        let draft = "\(path).\(UInt64.random(in: 0 ... .max))"
        defer { _ = unsafe unlink(draft) }
        try write(salt, to: draft)
        if unsafe link(draft, path) != 0 {
            switch errno {
            case EEXIST: return try SafetySalt.read(path)
            // A file system without hard links.
            case EPERM, EOPNOTSUPP, ENOSYS: try write(salt, to: path)
            default: throw lastError()
            }
        }
        return SafetyIdentifier(salt: salt)
    }

    private static func write(_ salt: [UInt8], to path: String) throws(InvalidValue) {
        let number = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw lastError() }
        let file = Descriptor(owning: number)
        guard unsafe Glibc.write(file.number, salt, salt.count) == salt.count, fsync(file.number) == 0 else {
            throw lastError()
        }
    }

    private static func lastError() -> InvalidValue {
        InvalidValue("the file cannot be made: \(unsafe String(cString: strerror(errno)))")
    }
}
