import Foundation
import JSON
import Sessions
import Testing

struct `The session files that are shipped` {
    private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("sessions").path

    private let loaded = SessionCatalog.load(directory: directory, today: SessionDirectory.today)

    @Test
    func `are all usable`() {
        #expect(!loaded.hasErrors)
        #expect(loaded.catalog.sessions.map(\.name) == ["default", "live", "transcription", "translation"])
        #expect(loaded.catalog.sessions.map(\.kind) == [.realtime, .live, .transcription, .translation])
    }

    @Test(arguments: ["default", "live", "transcription", "translation"])
    func `contain nothing that OpenAI refuses`(name: String) throws {
        let session = try #require(loaded.catalog.session(named: name))
        #expect(Schema.violations(of: try JSON(parsing: session.body), for: session.kind) == [])
    }

    @Test
    func `the live one has the lists that are sent without any`() throws {
        let session = try #require(loaded.catalog.session(named: "live"))
        let client = try JSON(parsing: session.body)["session"]?["client"]
        #expect(client != nil && client == LiveEvents.restricting(nil))
        #expect(session.access.call == CallLimits())
    }

    @Test
    func `need no warning`() {
        #expect(loaded.findings == [])
    }

    @Test
    func `the default is a voice assistant whose secret lives two minutes`() throws {
        let session = try #require(loaded.catalog.session(named: "default"))
        #expect(session.model == "gpt-realtime-2.1")
        #expect(session.expiresAfterSeconds == 120)
        #expect(session.endings == [])
        #expect(!session.answersInFull)
        #expect(session.access.origins == nil)
    }

    @Test(arguments: ["default", "live", "transcription", "translation"])
    func `have nothing to fix`(name: String) throws {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "\(Self.directory)/\(name).json")))
        #expect(try SessionFile.upgraded(bytes) == nil)
    }

    @Test
    func `the legacy example in the manual becomes its upgraded example`() throws {
        let manual = try String(contentsOfFile: "\(Self.directory)/README.md", encoding: .utf8)
        let section = try #require(manual.components(separatedBy: "## The legacy shape").last)
        let examples = section.components(separatedBy: "```json\n").dropFirst().prefix(2)
            .compactMap { $0.components(separatedBy: "```").first }
        #expect(examples.count == 2)
        let upgraded = try #require(try SessionFile.upgraded(Array(examples[0].utf8)))
        #expect(String(decoding: upgraded, as: UTF8.self) == examples[1])
    }

    /// The table of the manual that begins with these columns: the texts of its cells, by row.
    private static func table(_ columns: String) throws -> [[String]] {
        let manual = try String(contentsOfFile: "\(directory)/README.md", encoding: .utf8)
        let lines = try #require(manual.components(separatedBy: columns + "\n").last).split(separator: "\n").dropFirst()
        return lines.prefix { $0.hasPrefix("|") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    private static func names(_ cell: String) -> [String] {
        cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .compactMap { $0.offset % 2 == 1 ? String($0.element) : nil }
    }

    @Test
    func `the manual lists the events of a live session whose file has no lists`() throws {
        let rows = try Self.table("| list | the shortest |").map { $0.map(Self.names) }
        let types = LiveEvents.received.arrayValue?.compactMap { $0["type"]?.stringValue }
        #expect(rows.map { $0[0] } == [["allowed_client_events"], ["allowed_server_events"]])
        #expect(rows.first?[1] == LiveEvents.sent.arrayValue?.compactMap(\.stringValue))
        #expect(rows.last?[1] == types)
    }

    /// Each row is the header of a table, and a file with a member `zzz` where the members of the table are.
    @Test(arguments: [
        ("| member | values | if left out |", #"{"session":{"type":"live","model":"gpt-live-1","zzz":1}}"#),
        (
            "| member of `delegation.responses` | values |",
            #"{"session":{"type":"live","model":"gpt-live-1","delegation":{"type":"responses","responses":{"model":"m","zzz":1}}}}"#
        ),
        ("| member | values | meaning |", #"{"session":{"type":"live","model":"gpt-live-1"},"access":{"zzz":1}}"#),
    ])
    func `the manual lists the members that are known, and no others`(header: String, file: String) throws {
        let listed = try Self.table(header).compactMap { Self.names($0[0]).first?.split(separator: ".").first }
        let findings = try SessionDirectory.findings(in: file)
        let known = try #require(findings.first?.components(separatedBy: "known here: ").last)
        #expect(findings.count == 1)
        #expect(Set(listed.map(String.init)) == Set(known.components(separatedBy: ", ")))
    }

    @Test
    func `the manual has the limits of calls`() throws {
        let rows = try Self.table("| member | values | if left out | meaning |")
        let limits = CallLimits()
        #expect(rows.map { $0[0] } == ["`max_seconds`", "`lease_seconds`", "`max_open`"])
        #expect(rows.map { $0[2] } == ["\(limits.maximumSeconds)", "\(limits.leaseSeconds)", "no maximum"])
        let longest = try [SessionKind.realtime, .live].map { try #require($0.longestCallSeconds) }
        #expect(rows.first?[1] == "60…\(longest[0]), for `live` 60…\(longest[1])")
    }

    @Test(arguments: ["# Session files\n", "## `session` with `\"type\": \"live\"`\n"])
    func `the examples in the manual have no findings`(section: String) throws {
        let manual = try String(contentsOfFile: "\(Self.directory)/README.md", encoding: .utf8)
        let part = try #require(manual.components(separatedBy: section).last)
        let example = try #require(part.components(separatedBy: "```json\n").dropFirst().first)
        let text = try #require(example.components(separatedBy: "```").first)
        #expect(try SessionDirectory.findings(in: text) == [])
        let body = try SessionDirectory.session(text).body(
            overrides: ["audio.output.voice": "cedar"], variables: ["customer": "Ann"])
        #expect(try JSON(parsing: body)["session"]?["audio"]?["output"]?["voice"] == "cedar")
    }
}
