import EphemeraldCore
import HTTP
import Sessions
import Settings
import Testing
import ephemerald

/// `README.md` and the documents that it points to, compared with the code.
@Suite struct `The README` {
    @Test func `has at most 250 lines`() throws {
        #expect(try ReadmeTable.text(of: "README.md").filter { $0 == "\n" }.count <= 250)
    }

    @Test func `leads to every setting with its default, and no other`() throws {
        let rows = try ReadmeTable(under: "## Settings", of: "deploy/settings.md").rows
        #expect(rows.map { $0[0] } == Setting.all.map(\.name))
        for row in rows {
            let setting = try #require(Setting.named(row[0]))
            #expect(row[1] == setting.defaultText, "\(setting)")
        }
    }

    @Test func `lists a dozen settings, each once and with its default`() throws {
        let rows = try ReadmeTable(under: "## Settings", of: "README.md").rows
        #expect(rows.count == 12)
        #expect(Set(rows.map { $0[0] }).count == rows.count)
        for row in rows {
            let setting = try #require(Setting.named(row[0]), "\(row[0])")
            #expect(row[1] == setting.defaultText, "\(setting)")
        }
    }

    @Test func `leads to every refusal with its status, and no other`() throws {
        let rows = try ReadmeTable(under: "## Refusals", of: "Sources/COpenAPI/README.md").rows
        let listed = rows.map { "\($0[0]) \($0[1]) Retry-After: \($0[2])" }
        #expect(Set(listed).count == listed.count)
        let all = AllRefusals().map { refusal in
            "\(refusal.code) \(refusal.status.rawValue) Retry-After: \(refusal.retryAfter == nil ? "no" : "yes")"
        }
        #expect(Set(listed) == Set(all))
    }

    @Test(arguments: [("## Exit codes", "deploy/operations.md"), ("## Operating", "README.md")])
    func `lists every exit code, and no other`(heading: String, document: String) throws {
        let table = try ReadmeTable(under: heading, columns: "| exit code | meaning |", of: document)
        #expect(table.names == Outcome.allCases.map { "\($0.rawValue)" })
    }

    @Test(arguments: [("## Commands", "deploy/operations.md"), ("## Operating", "README.md")])
    func `lists every command, and no other`(heading: String, document: String) throws {
        let table = try ReadmeTable(under: heading, columns: "| command | what it does |", of: document)
        // A row is `ephemerald NAME` with its options; a command may have several, and `ephemerald --help` names none.
        let words = table.names.map { $0.split(separator: " ").dropFirst().first.map(String.init) ?? "" }
        var listed: [String] = []
        for word in words.map({ $0.filter { $0.isLetter || $0 == "-" } }) where !word.hasPrefix("-") {
            if listed.last != word { listed.append(word) }
        }
        #expect(listed == CommandName.allCases.map(\.rawValue))
    }
}
