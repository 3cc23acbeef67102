package import EphemeraldCore
import Glibc

/// The salt that the first start makes: 32 random bytes that only this user may read.
package enum SafetySaltFile {
    /// Makes the file, or reads it when it is there. Of two that start at once, one makes it and the other reads it.
    package static func open(_ path: String) throws(InvalidValue) -> SafetyIdentifier {
        let descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { return try SafetySalt.read(path) }
            throw lastError()
        }
        defer { close(descriptor) }
        let salt = SafetyIdentifier.randomSalt()
        guard unsafe write(descriptor, salt, salt.count) == salt.count, fsync(descriptor) == 0 else {
            let error = lastError()
            // A part of a salt would stop every later start.
            _ = unsafe unlink(path)
            throw error
        }
        return SafetyIdentifier(salt: salt)
    }

    private static func lastError() -> InvalidValue {
        InvalidValue("the file cannot be made: \(unsafe String(cString: strerror(errno)))")
    }
}
