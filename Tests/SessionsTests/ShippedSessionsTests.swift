import Foundation
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
        #expect(loaded.catalog.sessions.map(\.name) == ["default", "legacy", "transcription", "translation"])
        #expect(loaded.catalog.sessions.map(\.kind) == [.realtime, .realtime, .transcription, .translation])
    }

    @Test(arguments: ["default", "legacy", "transcription", "translation"])
    func `hold nothing that OpenAI refuses`(name: String) throws {
        let session = try #require(loaded.catalog.session(named: name))
        #expect(Schema.violations(of: try JSON(parsing: session.body), for: session.kind) == [])
    }

    @Test
    func `need no word but for the legacy one`() {
        #expect(loaded.findings.filter { $0.file != "legacy.json" } == [])
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

    @Test
    func `the legacy one is the Express configuration, key for key`() throws {
        let file = try JSON(parsing: Array(Data(contentsOf: URL(fileURLWithPath: "\(Self.directory)/legacy.json"))))
        #expect(file["session"]?.objectValue?.names.count == 12)
        #expect(file["session"]?["temperature"] == 0.8)
    }

    @Test(arguments: ["default", "transcription", "translation"])
    func `have nothing to fix`(name: String) throws {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "\(Self.directory)/\(name).json")))
        #expect(try SessionFile.upgraded(bytes) == nil)
    }

    @Test
    func `and the one in the manual need no word`() throws {
        let manual = try String(contentsOfFile: "\(Self.directory)/README.md", encoding: .utf8)
        let example = try #require(manual.components(separatedBy: "```json\n").dropFirst().first)
        let text = try #require(example.components(separatedBy: "```").first)
        #expect(try SessionDirectory.findings(in: text) == [])
        let body = try SessionDirectory.session(text).body(
            overrides: ["audio.output.voice": "cedar"], variables: ["customer": "Ann"])
        #expect(try JSON(parsing: body)["session"]?["audio"]?["output"]?["voice"] == "cedar")
    }
}
