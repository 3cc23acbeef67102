package import EphemeraldCore
import EventLoop
import Glibc
import Settings
package import System

/// The salt that the first start makes: 32 random bytes that only this user may read.
package enum SafetySaltFile {
    /// Makes the file, or reads it when it is there. Of two that start at once, one makes it and the other reads it.
    ///
    /// It comes into its place whole: a part of a salt would stop every later start.
    /// - Parameters:
    ///   - link: link(2), as 0 or an error number.
    ///   - write: write(2).
    package static func open(
        _ path: String, link: (String, String) -> CInt = SafetySaltFile.link,
        write: (CInt, ArraySlice<UInt8>) -> Int = SafetySaltFile.write
    ) throws(InvalidValue) -> SafetyIdentifier {
        if unsafe access(path, F_OK) == 0 { return try SafetySalt.read(path) }
        let salt = SafetyIdentifier.randomSalt()
        let draft = "\(path).\(UInt64.random(in: 0 ... .max))"
        defer { _ = unsafe unlink(draft) }
        try fill(draft, with: salt, write)
        switch link(draft, path) {
        case 0: return SafetyIdentifier(salt: salt)
        case EEXIST: return try SafetySalt.read(path)
        case EPERM, EOPNOTSUPP, ENOSYS:
            // A file system without hard links. Of two that start at once the later one replaces the file.
            guard unsafe rename(draft, path) == 0 else { throw failure(errno) }
            return try SafetySalt.read(path)
        case let code: throw failure(code)
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

    private static func fill(
        _ path: String, with salt: [UInt8], _ write: (CInt, ArraySlice<UInt8>) -> Int
    ) throws(InvalidValue) {
        let number = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw failure(errno) }
        let file = Descriptor(owning: number)
        var rest = salt[...]
        while !rest.isEmpty {
            // A write that is cut short has no error number; the next one has.
            let count = write(file.number, rest)
            guard count > 0 else { throw failure(count < 0 ? errno : ENOSPC) }
            rest = rest.dropFirst(count)
        }
        guard fsync(file.number) == 0 else { throw failure(errno) }
    }

    private static func failure(_ code: CInt) -> InvalidValue {
        InvalidValue("the file cannot be made: \(unsafe String(cString: strerror(code)))")
    }
}
