package import EphemeraldCore
import Glibc
import HTTP
import JSON
package import System
package import Text

/// Takes a caller or a client address out of lines of the usage log.
///
/// The members that lead to a person are replaced by spaces, so a line keeps its length and its place, and all that
/// quotas, calls, `usage` and `lookup` need besides: a file can be changed while the daemon appends to it.
package struct Forgetting {
    /// `,"enduser.pseudo.id":"ann"`, in full and hashed.
    private let callers: [[UInt8]]
    /// The same of a client address; empty when the value is not one.
    private let clients: [[UInt8]]

    /// - Parameters:
    ///   - value: a caller, or a client address in any spelling.
    ///   - identifiers: what hashes in the log are made by.
    /// - Throws: for a value that the log cannot have.
    package init(_ value: String, hashedBy identifiers: SafetyIdentifier? = nil) throws(Invalid) {
        guard !value.isEmpty, value.utf8.count <= 256, value.loggable(256) == value else {
            throw Invalid("the value is not a caller and not an address; those have 1 to 256 visible characters")
        }
        guard !value.contains("/") || (try? AddressRange(parsing: value)) == nil else {
            throw Invalid("the value is a network; write one address, or one caller")
        }
        func members(_ name: String, _ values: [String?]) -> [[UInt8]] {
            values.compactMap(\.self).map { Array(",\"\(name)\":".utf8) + JSON.string($0).serialized() }
        }
        callers = members(Forgetting.caller, [value, identifiers?.identifier(ofCaller: value)])
        let address = IPAddress(value)?.description
        clients = address.map { members(Forgetting.client, [$0, identifiers?.identifier(ofClient: $0)]) } ?? []
    }

    /// Blanks all lines among whole lines.
    /// - Parameter each: gets the places of the lines that are changed.
    func blank(_ lines: inout [UInt8], upTo end: Int, each: (Range<Int>) throws(SystemError) -> Void)
        throws(SystemError)
    {
        guard concerns(lines[..<end]) else { return }
        for line in lines[..<end].split(separator: UInt8(ascii: "\n")) {
            guard let blanked = blanked(line) else { continue }
            lines.replaceSubrange(line.indices, with: blanked)
            try each(line.indices)
        }
    }

    /// Whether some line among these bytes may be about the caller or the address.
    func concerns(_ bytes: ArraySlice<UInt8>) -> Bool { (callers + clients).contains { bytes.holds($0) } }

    /// The line with spaces in place of what leads to the caller or the address, in as many bytes; nil for a line of
    /// others.
    package func blanked(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        let isOfCaller = callers.contains { line.holds($0) }
        guard isOfCaller || clients.contains(where: { line.holds($0) }) else { return nil }
        var bytes = Array(line)
        for name in (isOfCaller ? [Forgetting.caller] : []) + Forgetting.ofDevice {
            guard let member = Forgetting.member(name, in: bytes[...]) else { continue }
            for index in member { bytes[index] = UInt8(ascii: " ") }
        }
        // The hash of caller and origin has no salt where names are logged in full, so names can be tried.
        if isOfCaller, let binding = Forgetting.member("ephemerald.call.binding", in: bytes[...]) {
            for index in binding.dropLast().suffix(32) { bytes[index] = UInt8(ascii: "0") }
        }
        return bytes
    }

    private static let caller = "enduser.pseudo.id"
    private static let client = "client.address"
    /// What leads to the device of a caller or an address.
    private static let ofDevice = [client, "user_agent.original", "trace_id", "span_id"]

    /// Where a member with a string is, from the comma before it to the quotation mark at its end. In a text that a client
    /// sent, the quotation marks of the name are escaped.
    private static func member(_ name: String, in line: ArraySlice<UInt8>) -> Range<Int>? {
        let beginning = Array(",\"\(name)\":\"".utf8)
        guard let start = line.position(of: beginning, from: line.startIndex) else { return nil }
        var index = start + beginning.count
        while index < line.endIndex {
            switch line[index] {
            case UInt8(ascii: "\\"): index += 2
            case UInt8(ascii: "\""): return start..<index + 1
            default: index += 1
            }
        }
        return nil
    }
}

/// What `forget` changed in a log.
package struct Forgotten: Hashable, Sendable {
    /// The changed files, with the number of changed lines.
    package private(set) var files: [String: Int] = [:]
    /// What could not be changed, one line each.
    package private(set) var warnings: [String] = []

    /// Changes the log at that path and its rotated files.
    ///
    /// They are read again until there is nothing to change in the same files: meanwhile the log may have been rotated or
    /// compressed.
    package init(_ forgetting: Forgetting, in path: String) throws(SystemError) {
        for _ in 0..<Forgotten.rounds {
            let before = files
            warnings = []
            let log = try LogFiles(of: path)
            let identities = log.identities
            for file in log.paths {
                let count: Int
                do throws(SystemError) { count = try change(file, forgetting, isInUse: file == path) } catch {
                    // It was renamed or compressed.
                    if error.code == ENOENT { continue }
                    throw SystemError("\(file): \(error.call)", code: error.code)
                }
                if count > 0 { files[file, default: 0] += count }
            }
            if files == before, try LogFiles(of: path).identities == identities { return }
        }
        warnings.append("\(path): its files change too fast; run this again")
    }

    private static let rounds = 5

    private mutating func change(
        _ path: String, _ forgetting: Forgetting, isInUse: Bool
    ) throws(SystemError) -> Int {
        var count = 0
        let end = try LogLines.read(path) { if forgetting.concerns($0) { count += 1 } }
        guard count > 0 else { return 0 }
        if !path.hasSuffix(".gz") {
            if unsafe access("\(path).gz", F_OK) == 0 { warnings.append("\(path) is being compressed; run this again") }
            return try Forgotten.overwrite(path, forgetting, isInUse: isInUse)
        }
        guard end == .whole else {
            warnings.append("\(path): it cannot be read to its end, and was not changed")
            return 0
        }
        try Forgotten.compressAgain(path, forgetting)
        return count
    }

    /// Replaces a compressed file by one that has the same owner, permissions and time.
    private static func compressAgain(_ path: String, _ forgetting: Forgetting) throws(SystemError) {
        let status = try FileStatus(at: path)
        let draft = try FileDraft(of: path)
        let output = try LogOutput(owning: try draft.descriptor())
        var input = try LogText(path)
        var piece = [UInt8](repeating: 0, count: pieceSize)
        var filled = 0
        while true {
            let count: Int
            do throws(LogDamage) { count = try input.read(into: &piece, from: filled) } catch {
                throw SystemError("gzread", code: EIO)
            }
            filled += count
            guard filled > 0 else { break }
            let end = endOfLines(in: piece[..<filled], isLast: count == 0)
            try forgetting.blank(&piece, upTo: end) { _ throws(SystemError) in }
            try output.write(piece[..<end])
            piece.replaceSubrange(0..<filled - end, with: Array(piece[end..<filled]))
            filled -= end
        }
        try output.finish()
        try draft.setOwner(status.owner, group: status.group)
        try draft.setPermissions(status.permissions)
        try draft.setLastChange(status.lastChange)
        try draft.replace()
    }

    /// Overwrites lines of a plain file where they are. A line is overwritten by one write(2) of the same length, so
    /// whatever the daemon appends meanwhile stays, and a reader finds the line as it was or as it is.
    /// - Returns: the number of changed lines.
    private static func overwrite(
        _ path: String, _ forgetting: Forgetting, isInUse: Bool
    ) throws(SystemError) -> Int {
        let file = try Descriptor(opening: path, O_RDWR | O_NONBLOCK)
        let status = try FileStatus(of: file.number)
        var (offset, count) = (0, 0)
        var piece = [UInt8](repeating: 0, count: pieceSize)
        while true {
            let length = try unsafe check("read", pread(file.number, &piece, piece.count, offset))
            guard length > 0 else { break }
            let end = endOfLines(in: piece[..<length], isLast: length < piece.count)
            var changed: [Range<Int>] = []
            try forgetting.blank(&piece, upTo: end) { line throws(SystemError) in changed.append(line) }
            for line in changed {
                let bytes = Array(piece[line])
                let written = try unsafe check(
                    "write", pwrite(file.number, bytes, bytes.count, offset + line.lowerBound))
                guard written == bytes.count else { throw SystemError("write", code: EIO) }
            }
            count += changed.count
            offset += end
        }
        _ = try check("fsync", fsync(file.number))
        // Rotated files are read in the order of their last change.
        if !isInUse { try FileStatus.setLastChange(status.lastChange, of: file.number) }
        return count
    }

    private static let pieceSize = 1 << 20

    /// Where the whole lines end; the next piece begins with the rest. A line of a whole piece is not from this program.
    private static func endOfLines(in piece: ArraySlice<UInt8>, isLast: Bool) -> Int {
        if isLast { return piece.endIndex }
        return piece.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? piece.endIndex
    }
}
