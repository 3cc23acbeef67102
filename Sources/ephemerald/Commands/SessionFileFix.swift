import FoundationEssentials
import Glibc
import Sessions
import System
package import Text

/// The rewriting of a session file in the shape that OpenAI accepts today.
package enum SessionFileFix {
    /// Rewrites the file if it needs it: at once, by a new file in its place, so that a daemon that reloads never reads
    /// half of it. Owner, group and mode stay, so that the daemon can still read it; a link stays a link, and one that
    /// another user has made to a file that is not theirs is an error.
    /// - Returns: whether the file was rewritten. A text that cannot be read as JSON is left for `check` to report.
    package static func rewrite(_ path: String) throws(Invalid) -> Bool {
        let target = URL(filePath: path).resolvingSymlinksInPath().path
        let bytes = try InputFile.contents(of: target, limit: SessionCatalog.largestFile)
        guard let upgraded = try? SessionFile.upgraded(bytes) else { return false }
        guard let link = try? FileStatus(at: path, followsLinks: false), let status = try? FileStatus(at: target) else {
            throw unwritable
        }
        // Anyone who can write in the directory can put a link there to a file that only this user can write.
        guard link.owner == status.owner || link.owner == geteuid() else {
            throw Invalid(
                "this link belongs to another user than the file that it leads to (\(target)); replace the link by your "
                    + "own")
        }
        do throws(SystemError) {
            let draft = try FileDraft(of: target)
            try draft.write(upgraded)
            try draft.setOwner(status.owner, group: status.group)
            try draft.setPermissions(status.permissions)
            try draft.replace()
            return true
        } catch {
            guard error.call == "fchown" else { throw unwritable }
            throw Invalid("the file cannot keep its owner and group; run this as its owner or as root")
        }
    }

    private static var unwritable: Invalid {
        Invalid("the file cannot be rewritten; the directory and the file must be writable")
    }
}
