import JSON
import Logging
import Sessions
import Settings
import TestTools
import Testing
import ephemerald

private func line(_ message: String, _ metadata: Logger.Metadata = [:]) -> DiagnosticLine {
    DiagnosticLine(.warning, message, metadata: metadata, unixMilliseconds: 1_795_367_774_188)
}

@Suite struct `A diagnostic` {
    private static let metadata: Logger.Metadata = [
        "ephemerald.request.id": "f844", "client.address": "192.0.2.1", "loops": .stringConvertible(2),
        "names": .array(["a", "b c"]), "empty": "", "of": .dictionary(["one": "1"]),
    ]

    @Test func `is a line for people`() {
        let text = String(decoding: line("limit client: ann", Self.metadata).text, as: UTF8.self)
        #expect(
            text == "2026-11-22T17:16:14.188Z warning: limit client: ann client.address=192.0.2.1 empty=\"\" "
                + "ephemerald.request.id=f844 loops=2 names=a,\"b c\" of={\"one\":\"1\"}\n")
    }

    @Test func `is an object with the names of OpenTelemetry`() {
        let text = String(decoding: line("limit client: ann", Self.metadata).json, as: UTF8.self)
        #expect(
            text == #"{"timestamp":"2026-11-22T17:16:14.188Z","severity_text":"WARN","severity_number":13,"#
                + #""body":"limit client: ann","client.address":"192.0.2.1","empty":"","ephemerald.request.id":"f844","#
                + #""loops":2,"names":["a","b c"],"of":{"one":"1"}}"# + "\n")
    }

    @Test(arguments: [
        "a\nb", "\u{1B}[2J", "\u{2028}", "\u{202E}", "\u{0}", "\"\\", String(repeating: "ä", count: 9_000),
    ])
    func `is one harmless line whatever it is about`(words: String) throws {
        let hostile = line(words, ["value": "\(words)", "values": .array(["\(words)"])])
        for bytes in [hostile.text, hostile.json] {
            #expect(bytes.count < 4_600)
            #expect(bytes.filter { $0 < 0x20 } == [UInt8(ascii: "\n")] && bytes.last == UInt8(ascii: "\n"))
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(!text.unicodeScalars.contains { "\u{202E}\u{2028}".unicodeScalars.contains($0) })
        }
        #expect(try JSON(parsing: hostile.json)["body"]?.stringValue?.isEmpty == false)
    }

    @Test func `keeps its own members, whatever the metadata is`() throws {
        let json = try JSON(parsing: line("words", ["body": "other", "timestamp": "never"]).json)
        #expect(json["body"] == "words")
        #expect(json["timestamp"] == "2026-11-22T17:16:14.188Z")
    }

    @Test(arguments: zip(Logger.Level.allCases, ["<7>", "<7>", "<6>", "<5>", "<4>", "<3>", "<2>"]))
    func `has a level that the journal knows`(level: Logger.Level, prefix: String) {
        #expect(level.journalPrefix == prefix)
    }
}

@Suite struct `The line of the start` {
    private static let environment = [
        "OPENAI_API_KEY": "sk-proj-canary-0123456789", "REDIS_URL": "redis://ann:canary@127.0.0.1:6379/2",
        "LIMIT_CALLER": "5/min", "QUOTA_ALL": "500", "OPS_PORT": "off", "ALLOWED_ORIGINS": "https://app.example",
    ]

    @Test func `says what decides who is served, and nothing secret`() throws {
        let settings = try settings(environment: Self.environment)
        let loaded = SessionCatalog.load(directory: ReadmeTable.sessionsDirectory, today: Day(2026, 11, 22))
        let metadata = Configuration(settings: settings, sessions: loaded).startMetadata(sandboxURL: nil)
        let text = String(decoding: line("listening", metadata).text, as: UTF8.self)
        for part in [
            "ephemerald.loops=4", "ephemerald.upstream=https://api.openai.com/v1", "ephemerald.api_keys=1",
            "ephemerald.auth=none", "ephemerald.limits=\"client 10/min burst 5\",\"caller 5/min\",",
            "ephemerald.quotas=\"all 500\"", "ephemerald.redis=redis://127.0.0.1:6379/2", "ephemerald.metrics=off",
            "ephemerald.usage_log=-", "ephemerald.origins=https://app.example", "ephemerald.sessions=default,",
        ] {
            #expect(text.contains(" \(part)"), "\(part) in \(text)")
        }
        #expect(!text.contains("canary"))
    }

    @Test func `says what tokens are verified with, and how long a secret is`() throws {
        let directory = try TemporaryDirectory()
        let keys = try directory.file("secret", "canary0123456789abcdef0123456789\n")
        let settings = try settings("--auth", "jwt", "--jwt-keys", keys, "--jwt-audience", "voice")
        let loaded = SessionCatalog.load(directory: ReadmeTable.sessionsDirectory, today: Day(2026, 11, 22))
        let metadata = Configuration(settings: settings, sessions: loaded).startMetadata(sandboxURL: nil)
        let text = String(decoding: line("listening", metadata).text, as: UTF8.self)
        #expect(text.contains(" ephemerald.jwt_keys=\"HS256 secret of 32 bytes\""), "\(text)")
        #expect(!text.contains("canary"))
    }
}
