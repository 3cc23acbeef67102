import FoundationEssentials
import Testing
import ephemerald

@Suite struct `The README` {
    /// The rows of the table under "## Settings": the names in the first column, the default in the second.
    private static func rows() throws -> [(name: String, fallback: String)] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = root.deletingLastPathComponent().appending(path: "README.md")
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let section = lines.drop { $0 != "## Settings" }.dropFirst().prefix { !$0.hasPrefix("## ") }
        return section.filter { $0.hasPrefix("| `") }.map { row in
            let cells = row.split(separator: "|").map { cell in
                String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()).filter { $0 != "`" }
            }
            return (cells[0], cells.count > 1 ? cells[1] : "")
        }
    }

    @Test(.disabled("README.md has no table of settings yet"))
    func `lists every setting with its default, and no other`() throws {
        let rows = try Self.rows()
        #expect(rows.map(\.name).sorted() == Setting.allCases.map(\.name).sorted())
        for row in rows {
            guard let setting = Setting(rawValue: row.name) else { continue }
            #expect(row.fallback == setting.row.defaultInWords, "\(row.name)")
        }
    }
}
