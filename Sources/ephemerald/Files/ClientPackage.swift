import BrowserClient
import EphemeraldCore

/// The browser library as a package for npm: `npm install https://…/api/realtime/client/ephemerald-client.tgz`.
///
/// It is made of the files in the binary, so page and daemon have the same version.
enum ClientPackage {
    /// The name of the file, beside those of the library.
    static let name = "ephemerald-client.tgz"

    /// The package, compressed.
    static let content = LateBytes { Gzip.compress(archive) }

    /// A tar archive (POSIX.1-2001, ustar) with all files in the folder `package`, as npm expects it.
    static let archive: [UInt8] = {
        var archive: [UInt8] = []
        for file in BrowserClient.library + [BrowserClient.manifest] {
            archive += header("package/\(file.name)", size: file.content.count)
            archive += file.content
            archive += Array(repeating: 0, count: -file.content.count & 511)
        }
        return archive + Array(repeating: 0, count: 1024)
    }()

    private static func header(_ name: String, size: Int) -> [UInt8] {
        var header: [UInt8] = []
        func field(_ text: String, _ width: Int) {
            header += text.utf8
            header += Array(repeating: 0, count: width - text.utf8.count)
        }
        field(name, 100)
        field("0000644", 8)
        field("0000000", 8)
        field("0000000", 8)
        field(octal(size), 12)
        // npm sets this time itself: a package has no other.
        field(octal(499_162_500), 12)
        // The sum is taken with spaces in its own place.
        field("        ", 8)
        field("0", 1)
        field("", 100)
        field("ustar", 6)
        field("00", 249)
        let sum = header.reduce(0) { $0 + Int($1) }
        header.replaceSubrange(148..<156, with: Array("\(octal(sum, digits: 6))\0 ".utf8))
        return header
    }

    private static func octal(_ value: Int, digits: Int = 11) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }
}
