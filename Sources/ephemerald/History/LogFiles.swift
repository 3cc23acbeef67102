package import EventLoop
import FoundationEssentials
import Glibc

/// A usage log with all that rotation has left of it, the oldest first.
///
/// Beside `usage.log` these are its rotated files: `usage.log.1`, `usage.log-20261121`, and either with `.gz`.
package struct LogFiles {
    /// In the order of their last change, which is that of their lines; the log itself comes last.
    package let paths: [String]

    /// - Parameters:
    ///   - path: of the log; it need not be there.
    ///   - since: Unix seconds; rotated files that were last changed before that are left out.
    package init(of path: String, since: Int = .min) throws(SystemError) {
        let directory = path.contains("/") ? String(path[...(path.lastIndex(of: "/") ?? path.startIndex)]) : "./"
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let entries: [String]
        do { entries = try FileManager.default.contentsOfDirectory(atPath: directory) } catch {
            throw SystemError("opendir", code: errno)
        }
        let all = Set(entries)
        var rotated: [(path: String, changed: (Int, Int))] = []
        for entry in entries where LogFiles.isRotation(entry, of: name) {
            // While gzip works, both are there, and the plain one is whole.
            if entry.hasSuffix(".gz"), all.contains(String(entry.dropLast(3))) { continue }
            guard let status = LogFiles.status(of: directory + entry), status.isFile, status.changed.0 >= since else {
                continue
            }
            rotated.append((path.contains("/") ? directory + entry : entry, status.changed))
        }
        rotated.sort { left, right in
            left.changed == right.changed ? left.path > right.path : left.changed < right.changed
        }
        paths = rotated.map(\.path) + (all.contains(name) ? [path] : [])
    }

    /// Whether an entry of the directory is the log of that name after a rotation.
    package static func isRotation(_ entry: String, of name: String) -> Bool {
        guard entry.hasPrefix(name) else { return false }
        var suffix = entry.dropFirst(name.count)
        if suffix.hasSuffix(".gz") { suffix = suffix.dropLast(3) }
        guard let mark = suffix.popFirst(), mark == "." || mark == "-", let first = suffix.first else { return false }
        let isDigits = suffix.allSatisfy { ("0"..."9").contains($0) || mark == "-" && $0 == "-" }
        return isDigits && first != "-"
    }

    private static func status(of path: String) -> (isFile: Bool, changed: (Int, Int))? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return (status.st_mode & S_IFMT == S_IFREG, (status.st_mtim.tv_sec, status.st_mtim.tv_nsec))
    }
}
