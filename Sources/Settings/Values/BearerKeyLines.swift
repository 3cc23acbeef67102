package import EphemeraldCore
import System
package import Text

/// The file of `AUTH_KEYS_FILE`: one `name:sha256` a line, empty lines, and comment lines that begin with `#`.
package enum BearerKeyLines {
    /// Bytes, 1 MiB: some 14,000 callers.
    package static let largestFile = 1 << 20

    /// Reads the keys of the file's text. Wrong lines are named by their numbers and not shown, because a line may be a
    /// key that was written in place of its digest.
    package static func parse(_ text: [UInt8]) throws(Invalid) -> BearerKeys {
        var keys = BearerKeys()
        var seen: [String: Int] = [:]
        var problems: [String] = []
        for (index, bytes) in text.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let line = bytes.trimmed
            guard !line.isEmpty, line.first != UInt8(ascii: "#") else { continue }
            do throws(Invalid) {
                let (name, digest) = try entry(line)
                if let first = seen[name] { throw Invalid("has the name of line \(first); give each key its own") }
                seen[name] = index + 1
                guard keys.add(name, digest: digest) else {
                    throw Invalid("repeats a digest; give each caller a key of their own")
                }
            } catch {
                problems.append("line \(index + 1) \(error.reason)")
            }
        }
        guard problems.isEmpty else { throw Invalid(shortened(problems)) }
        guard keys.count > 0 else {
            throw Invalid("it contains no key; make one with ephemerald key --name NAME")
        }
        return keys
    }

    /// Reads the keys of a list with commas; problems call its entries lines.
    package static func parse(entries text: String) throws(Invalid) -> BearerKeys {
        try parse(text.utf8.map { $0 == UInt8(ascii: ",") ? UInt8(ascii: "\n") : $0 })
    }

    /// Works on bytes: a file of 14,000 lines is read at each start.
    private static func entry(_ line: ArraySlice<UInt8>) throws(Invalid) -> (name: String, digest: [UInt8]) {
        let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw Invalid("has no colon; write name:sha256") }
        let name = String(decoding: parts[0], as: UTF8.self)
        guard Caller.isKeyName(name) else {
            throw Invalid("has no valid name; write 1 to 64 of A-Z a-z 0-9 . _ - before the colon")
        }
        guard !parts[1].starts(with: BearerKey.prefix.utf8) else {
            throw Invalid("is a key itself; write its SHA-256, and make a new key: this one is no longer secret")
        }
        guard let digest = bytes(ofHexadecimal: parts[1]), digest.count == 32 else {
            throw Invalid("has no SHA-256 after the colon; write its 64 hexadecimal digits")
        }
        return (name, digest)
    }

    private static func bytes(ofHexadecimal text: ArraySlice<UInt8>) -> [UInt8]? {
        let digits = text.compactMap(\.hexadecimalValue)
        guard digits.count == text.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// The first problems: a file of another kind is one mistake.
    private static func shortened(_ problems: [String]) -> String {
        let rest = problems.count - 5
        return problems.prefix(5).joined(separator: "; ") + (rest > 0 ? "; and \(rest) more lines" : "")
    }
}

extension ArraySlice<UInt8> {
    /// Without the white space around it, line ends in the style of Windows included.
    fileprivate var trimmed: ArraySlice<UInt8> {
        let start = drop(while: \.isSpace)
        return start[..<((start.lastIndex { !$0.isSpace } ?? start.startIndex - 1) + 1)]
    }
}

extension UInt8 {
    fileprivate var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}
