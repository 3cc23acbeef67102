import Glibc
import System

/// The file of `AUTH_KEYS_FILE` with a line that is about to be added, by `ephemerald key --append`. Nobody else adds one
/// meanwhile.
struct CallersFile: ~Copyable {
    private let file: Descriptor
    private let size: Int
    private let line: [UInt8]

    /// Opens the file; makes it, for this user alone, when it is not there.
    /// - Throws: when the daemon would refuse the file with this line, or does already; nothing is changed then.
    init(_ path: String, adding name: String, digest: String) throws(InvalidValue) {
        let number = unsafe open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0o600)
        guard number >= 0 else { throw CallersFile.failure() }
        let opened = Descriptor(owning: number)
        var status = stat()
        guard unsafe fstat(number, &status) == 0, flock(number, LOCK_EX) == 0 else { throw CallersFile.failure() }
        guard status.st_mode & S_IFMT == S_IFREG else { throw InvalidValue("this is not a regular file") }
        let before = try InputFile.contents(of: path, limit: BearerKeyLines.largestFile)
        let lineEnd = before.isEmpty || before.last == UInt8(ascii: "\n") ? "" : "\n"
        let added = Array("\(lineEnd)\(name):\(digest)\n".utf8)
        guard before.count + added.count <= BearerKeyLines.largestFile else {
            throw InvalidValue("the file would have more than \(BearerKeyLines.largestFile) bytes")
        }
        _ = try BearerKeyLines.parse(before + added)
        file = opened
        size = before.count
        line = added
    }

    /// Adds the line, whole or not at all.
    func append() throws(InvalidValue) {
        let count = unsafe write(file.number, line, line.count)
        guard count != line.count else { return }
        let failure = CallersFile.failure(count < 0 ? errno : ENOSPC)
        guard count > 0, ftruncate(file.number, off_t(size)) != 0 else { throw failure }
        throw InvalidValue("\(failure.reason); a part of it stands at the end of the file")
    }

    private static func failure(_ code: CInt = errno) -> InvalidValue {
        InvalidValue("the line cannot be written: \(unsafe String(cString: strerror(code)))")
    }
}
