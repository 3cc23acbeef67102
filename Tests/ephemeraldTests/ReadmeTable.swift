import FoundationEssentials

/// A table of `README.md`: the rows below a heading whose first cell is code.
struct ReadmeTable {
    /// The cells of each row, without backticks and the spaces around them.
    let rows: [[String]]

    /// - Parameter heading: the whole line: `## Settings`. The table ends with the next heading of the same level.
    init(under heading: String) throws {
        let lines = try ReadmeTable.text().split(separator: "\n", omittingEmptySubsequences: false)
        let section = lines.drop { $0 != heading }.dropFirst().prefix { !$0.hasPrefix("## ") }
        rows = section.filter { $0.hasPrefix("| `") }.map { row in
            row.split(separator: "|").map { cell in
                String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()).filter { $0 != "`" }
            }
        }
    }

    /// The first cell of every row.
    var names: [String] { rows.map { $0[0] } }

    /// The whole file.
    static func text() throws -> String {
        String(decoding: try Data(contentsOf: root.appending(path: "README.md")), as: UTF8.self)
    }

    /// The directory of the session files that are shipped.
    static var sessionsDirectory: String { root.appending(path: "sessions").path }

    /// The root of the repository.
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
}
