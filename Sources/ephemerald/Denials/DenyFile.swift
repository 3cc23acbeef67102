import EphemeraldCore
import Glibc
import JSON
import System
import Text

/// The file that keeps the deny-list over restarts: an object with the Unix time of its end, or null, for each denial.
///
/// `{"address:192.0.2.7":1795367892,"caller:ann":null}`
struct DenyFile: Sendable {
    /// Its path.
    let path: String

    /// A thousand names of 256 characters are smaller.
    private static let largest = 1 << 20

    /// The denials in it; nil when there is no file.
    func read() throws(Invalid) -> DenyList.Entries? {
        do throws(SystemError) { _ = try FileStatus(at: path) } catch {
            guard error.code == ENOENT else { throw Invalid(error.reason) }
            return nil
        }
        let bytes = try InputFile.contents(of: path, limit: DenyFile.largest)
        guard let object = (try? JSON(parsing: bytes))?.objectValue else { throw Invalid("this is not a JSON object") }
        var entries: DenyList.Entries = [:]
        for member in object.members {
            guard let denial = Denial(member.name) else {
                throw Invalid(
                    "write caller:NAME, address:RANGE or origin:ORIGIN, each with null or a Unix time",
                    part: member.name)
            }
            switch member.value {
            case .null: entries[denial] = .some(nil)
            case .number(let number) where number.integer.map(Timestamp.unixSeconds.contains) ?? false:
                entries[denial] = number.integer
            default: throw Invalid("write null or a Unix time in seconds", part: member.name)
            }
        }
        guard entries.count <= DenyList.most else { throw Invalid("more than \(DenyList.most) denials") }
        return entries
    }

    /// Replaces the file.
    func write(_ entries: DenyList.Entries) throws(SystemError) {
        var object = JSONObject()
        for (denial, until) in entries.sorted(by: { $0.key.description < $1.key.description }) {
            object["\(denial)"] = until.map { .number(JSONNumber($0)) } ?? .null
        }
        let draft = try FileDraft(of: path)
        try draft.write(JSON.object(object).serialized() + [UInt8(ascii: "\n")])
        try draft.replace()
    }
}
