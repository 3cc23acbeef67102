import Foundation
import JSON
import Sessions
import Testing

struct `The catalogue of sessions` {
    private static let valid = #"{"session":{"type":"realtime","model":"gpt-realtime-2.1"}}"#

    @Test
    func `contains every valid file and reports every other`() throws {
        let directory = try SessionDirectory([
            "b.json": Self.valid, "a.json": Self.valid, "bad.json": "{", "worse.json": "[]", "README.md": "x",
            "a.json~": "{", ".a.json": "{",
            "a.json.bak": "{", "json": "{",
        ])
        let loaded = directory.load()
        #expect(loaded.catalog.sessions.map(\.name) == ["a", "b"])
        #expect(loaded.hasErrors)
        #expect(
            loaded.findings.map(\.description) == [
                "bad.json:1:2: expected a member name in double quotes, found the end of the text",
                "worse.json: must be an object, is an array",
            ])
        #expect(loaded.catalog.session(named: "a")?.name == "a")
        #expect(loaded.catalog.session(named: "bad") == nil)
    }

    @Test(arguments: ["a", "0", "a-b_c-9", String(repeating: "a", count: 64)])
    func `accepts the name`(name: String) throws {
        #expect(try SessionDirectory(["\(name).json": Self.valid]).load().catalog.session(named: name) != nil)
        #expect(SessionCatalog.isName(name))
    }

    @Test(arguments: ["A", "-a", "_a", "a.b", "a b", "ä", "", String(repeating: "a", count: 65), "a/b", "a\n"])
    func `refuses the name`(name: String) throws {
        #expect(!SessionCatalog.isName(name))
        guard !name.isEmpty, !name.contains("/") else { return }
        let loaded = try SessionDirectory(["\(name).json": Self.valid]).load()
        #expect(loaded.catalog.sessions.isEmpty)
        #expect(
            loaded.findings.map(\.message) == [
                "a session's name has a-z, 0-9, _ and - only, begins with a letter or digit, and has at most 64 characters"
            ])
    }

    @Test
    func `is an error when the directory is empty or missing`() throws {
        let empty = try SessionDirectory(["README.md": ""])
        #expect(empty.load().findings.map(\.description) == ["\(empty.path): has no session file (NAME.json)"])
        #expect(empty.load().hasErrors)
        let missing = SessionCatalog.load(directory: "\(empty.path)/none", today: SessionDirectory.today)
        let message = "\(empty.path)/none: cannot be read as a directory: it does not exist"
        #expect(missing.findings.map(\.description) == [message])
        let file = SessionCatalog.load(directory: "\(empty.path)/README.md", today: SessionDirectory.today)
        #expect(file.hasErrors)
    }

    @Test
    func `follows the links of a Kubernetes ConfigMap`() throws {
        let directory = try SessionDirectory()
        let files = FileManager.default
        try files.createDirectory(atPath: "\(directory.path)/..2026_11_22", withIntermediateDirectories: false)
        try directory.write("..2026_11_22/shop.json", Data(Self.valid.utf8))
        try files.createSymbolicLink(atPath: "\(directory.path)/..data", withDestinationPath: "..2026_11_22")
        try files.createSymbolicLink(atPath: "\(directory.path)/shop.json", withDestinationPath: "..data/shop.json")
        let loaded = directory.load()
        #expect(loaded.findings.isEmpty)
        #expect(loaded.catalog.session(named: "shop")?.model == "gpt-realtime-2.1")
    }

    @Test
    func `reads a file of 1 MiB and no larger one`() throws {
        let directory = try SessionDirectory()
        let padding = Data(repeating: UInt8(ascii: " "), count: 1 << 20 - Self.valid.utf8.count)
        try directory.write("fits.json", Data(Self.valid.utf8) + padding)
        try directory.write("large.json", Data(Self.valid.utf8) + padding + Data(" ".utf8))
        let loaded = directory.load()
        #expect(loaded.catalog.sessions.map(\.name) == ["fits"])
        #expect(loaded.findings.map(\.description) == ["large.json: is larger than 1 MiB"])
    }

    @Test
    func `reports what is not a regular file, and broken links`() throws {
        let directory = try SessionDirectory(["a.json": Self.valid])
        try FileManager.default.createDirectory(
            atPath: "\(directory.path)/dir.json", withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(
            atPath: "\(directory.path)/link.json", withDestinationPath: "nowhere")
        let loaded = directory.load()
        #expect(loaded.catalog.sessions.map(\.name) == ["a"])
        #expect(loaded.findings.map(\.file) == ["dir.json", "link.json"])
        #expect(loaded.findings.allSatisfy { $0.message == "is not a regular file or a link to one" })
    }

    @Test(
        arguments: [
            (valid, nil, 600, false, "realtime/client_secrets"),
            (
                #"{"session":{"type":"transcription"},"expires_after":{"anchor":"created_at","seconds":60},"answer":"full"}"#,
                nil, 60, true, "realtime/client_secrets"
            ),
            (
                #"{"session":{"type":"translation","model":"mine"},"access":{"limits":{"client":"off"}}}"#,
                #"{"session":{"model":"mine"}}"#, 600, false, "realtime/translations/client_secrets"
            ),
        ] as [(String, String?, Int, Bool, String)])
    func `does not send our own members`(
        text: String, sent: String?, seconds: Int, isFull: Bool, path: String
    ) throws {
        let session = try SessionDirectory.session(text)
        #expect(session.expiresAfterSeconds == seconds)
        #expect(session.answersInFull == isFull)
        #expect(session.kind.mintPath == path)
        if let sent { #expect(String(decoding: session.body, as: UTF8.self) == sent) }
        #expect(Schema.violations(of: try JSON(parsing: session.body), for: session.kind) == [])
    }

    @Test
    func `knows the endings of a session`() throws {
        let text =
            #"{"session":{"type":"realtime","model":"gpt-realtime","prompt":{"id":"p"},"audio":{"input":{"transcription":{"model":"whisper-1"}}}}}"#
        #expect(
            try SessionDirectory.session(text).endings.map(\.date) == [
                Day(2027, 1, 20), Day(2027, 2, 26), Day(2026, 11, 30),
            ])
    }
}
