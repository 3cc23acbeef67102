import FoundationEssentials
import Settings

/// A table of a document of this repository: the rows below a heading whose first cell is code.
struct ReadmeTable {
    /// The cells of each row, without backticks and the spaces around them.
    let rows: [[String]]

    /// - Parameters:
    ///   - heading: the whole line: `## Settings`. The table ends with the next heading of the same level.
    ///   - columns: the heading row, for a section with several tables; without it, the rows of all of them.
    ///   - document: the path from the root of the repository.
    init(under heading: String, columns: String? = nil, of document: String) throws {
        let lines = try ReadmeTable.text(of: document).split(separator: "\n", omittingEmptySubsequences: false)
        let section = lines.drop { $0 != heading }.dropFirst().prefix { !$0.hasPrefix("## ") }
        let table = columns.map { columns in section.drop { $0 != columns }.prefix { $0.hasPrefix("|") } } ?? section
        rows = table.filter { $0.hasPrefix("| `") }.map { row in
            row.split(separator: "|").map { cell in
                String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()).filter { $0 != "`" }
            }
        }
    }

    /// The first cell of every row.
    var names: [String] { rows.map { $0[0] } }

    /// The whole document.
    static func text(of document: String) throws -> String {
        String(decoding: try Data(contentsOf: root.appending(path: document)), as: UTF8.self)
    }

    /// The directory of the session files that are shipped.
    static var sessionsDirectory: String { root.appending(path: "sessions").path }

    /// The root of the repository.
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
}
