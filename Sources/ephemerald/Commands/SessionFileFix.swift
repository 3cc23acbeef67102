import FoundationEssentials
import Sessions

/// The rewriting of a session file in the shape that OpenAI takes today.
package enum SessionFileFix {
    /// Rewrites the file if it needs it: at once, by a new file in its place, so that a daemon that reloads never reads
    /// half of it. The mode stays; a link stays a link.
    /// - Returns: whether the file was rewritten. A text that cannot be read as JSON is left for `check` to report.
    package static func rewrite(_ path: String) throws(InvalidValue) -> Bool {
        let target = URL(filePath: path).resolvingSymlinksInPath()
        let bytes = try InputFile.contents(of: target.path, limit: SessionCatalog.largestFile)
        guard let upgraded = try? SessionFile.upgraded(bytes) else { return false }
        do {
            let mode = InputFile.permissions(of: target.path)
            try Data(upgraded).write(to: target, options: .atomic)
            if let mode {
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: target.path)
            }
        } catch {
            throw InvalidValue("the file cannot be rewritten; the directory and the file must be writable")
        }
        return true
    }
}
