import FoundationEssentials
import Glibc
package import System

/// A usage log with its rotated files, the oldest first.
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
            let isForbidden = (error as? CocoaError)?.code == .fileReadNoPermission
            throw SystemError("opendir", code: isForbidden ? EACCES : ENOENT)
        }
        let all = Set(entries)
        var rotated: [(path: String, changed: Int64)] = []
        for entry in entries where LogFiles.isRotation(entry, of: name) {
            // While gzip works, both are there, and the plain one is whole.
            if entry.hasSuffix(".gz"), all.contains(String(entry.dropLast(3))) { continue }
            guard let status = try? FileStatus(at: directory + entry), status.kind == .regular,
                status.lastChange / 1_000_000_000 >= since
            else { continue }
            rotated.append((path.contains("/") ? directory + entry : entry, status.lastChange))
        }
        rotated.sort { left, right in
            left.changed == right.changed ? left.path > right.path : left.changed < right.changed
        }
        paths = rotated.map(\.path) + (all.contains(name) ? [path] : [])
    }

    /// Which files have the paths at this moment.
    var identities: [String?] { paths.map { try? FileStatus(at: $0).identity } }

    /// Hands every whole line of all files to `body`, without its line feed.
    /// - Returns: what could not be read, one line each.
    func read(_ body: (ArraySlice<UInt8>) -> Void) throws(SystemError) -> [String] {
        var warnings: [String] = []
        for path in paths {
            do throws(SystemError) {
                switch try LogLines.read(path, body) {
                case .whole: break
                case .torn: warnings.append("\(path): the last line is incomplete and was not counted")
                case .damaged: warnings.append("\(path): it cannot be read to its end; the rest was not counted")
                }
            } catch {
                throw SystemError("\(path): \(error.call)", code: error.code)
            }
        }
        return warnings
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
}
