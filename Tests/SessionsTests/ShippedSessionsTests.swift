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
        #expect(loaded.catalog.sessions.map(\.name) == ["default", "transcription", "translation"])
        #expect(loaded.catalog.sessions.map(\.kind) == [.realtime, .transcription, .translation])
    }

    @Test(arguments: ["default", "transcription", "translation"])
    func `contain nothing that OpenAI refuses`(name: String) throws {
        let session = try #require(loaded.catalog.session(named: name))
        #expect(Schema.violations(of: try JSON(parsing: session.body), for: session.kind) == [])
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

    @Test(arguments: ["default", "transcription", "translation"])
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

    @Test
    func `the example in the manual has no findings`() throws {
        let manual = try String(contentsOfFile: "\(Self.directory)/README.md", encoding: .utf8)
        let example = try #require(manual.components(separatedBy: "```json\n").dropFirst().first)
        let text = try #require(example.components(separatedBy: "```").first)
        #expect(try SessionDirectory.findings(in: text) == [])
        let body = try SessionDirectory.session(text).body(
            overrides: ["audio.output.voice": "cedar"], variables: ["customer": "Ann"])
        #expect(try JSON(parsing: body)["session"]?["audio"]?["output"]?["voice"] == "cedar")
    }
}
