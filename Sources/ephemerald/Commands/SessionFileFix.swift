import EventLoop
import FoundationEssentials
import Glibc
import Sessions
package import System

/// The rewriting of a session file in the shape that OpenAI takes today.
package enum SessionFileFix {
    /// Rewrites the file if it needs it: at once, by a new file in its place, so that a daemon that reloads never reads
    /// half of it. Owner, group and mode stay, so that the daemon can still read it; a link stays a link, and one that
    /// another user has made to a file that is not theirs is an error.
    /// - Returns: whether the file was rewritten. A text that cannot be read as JSON is left for `check` to report.
    package static func rewrite(_ path: String) throws(InvalidValue) -> Bool {
        let target = URL(filePath: path).resolvingSymlinksInPath().path
        let bytes = try InputFile.contents(of: target, limit: SessionCatalog.largestFile)
        guard let upgraded = try? SessionFile.upgraded(bytes) else { return false }
        var (link, status) = (stat(), stat())
        guard unsafe lstat(path, &link) == 0, unsafe stat(target, &status) == 0 else { throw unwritable }
        // Anyone who can write in the directory can put a link there to a file that only this user can write.
        guard link.st_uid == status.st_uid || link.st_uid == geteuid() else {
            throw InvalidValue(
                "this link belongs to another user than the file that it leads to (\(target)); replace the link by your "
                    + "own")
        }
        // No session file has such a name, so a reload never takes the draft for one.
        let draft = "\(target).\(UInt64.random(in: 0 ... .max))"
        defer { _ = unsafe unlink(draft) }
        try write(upgraded, to: draft, as: status)
        guard unsafe rename(draft, target) == 0 else { throw unwritable }
        return true
    }

    private static func write(_ bytes: [UInt8], to path: String, as status: stat) throws(InvalidValue) {
        let number = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw unwritable }
        let file = Descriptor(owning: number)
        guard unsafe Glibc.write(file.number, bytes, bytes.count) == bytes.count else { throw unwritable }
        guard fchown(file.number, status.st_uid, status.st_gid) == 0 else {
            throw InvalidValue("the file cannot keep its owner and group; run this as its owner or as root")
        }
        // Last, for a change of owner clears bits of the mode.
        guard fchmod(file.number, status.st_mode & 0o7777) == 0, fsync(file.number) == 0 else { throw unwritable }
    }

    private static var unwritable: InvalidValue {
        InvalidValue("the file cannot be rewritten; the directory and the file must be writable")
    }
}
