import EventLoop
import FoundationEssentials
import Glibc

/// The file of `AUTH_KEYS_FILE`, as `ephemerald key --append` adds to it.
enum CallersFile {
    /// Adds a line for a new key; makes the file, for this user alone, when it is not there.
    /// - Throws: when the file would be refused by the daemon with this line, or is already; nothing is changed then.
    static func append(_ name: String, digest: String, to path: String) throws(InvalidValue) {
        let isThere = unsafe access(path, F_OK) == 0
        let before = isThere ? try InputFile.contents(of: path, limit: BearerKeyLines.largestFile) : []
        let lineEnd = before.isEmpty || before.last == UInt8(ascii: "\n") ? "" : "\n"
        let line = Array("\(lineEnd)\(name):\(digest)\n".utf8)
        _ = try BearerKeyLines.parse(before + line)
        let number = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0o600)
        guard number >= 0 else { throw lastError() }
        let file = Descriptor(owning: number)
        guard unsafe write(file.number, line, line.count) == line.count else { throw lastError() }
    }

    private static func lastError() -> InvalidValue {
        InvalidValue("the line cannot be written: \(unsafe String(cString: strerror(errno)))")
    }
}
