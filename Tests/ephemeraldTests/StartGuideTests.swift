import EphemeraldCore
import Sessions
import Settings
import System
import TestTools
import Testing
import ephemerald

@Suite struct `What a terminal shows at the start` {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private static let here = ListeningAddress.tcp(host: "127.0.0.1", port: 3001)

    /// The text of a line of the guide; nil when it has no such line.
    private func text(
        of name: String, _ flags: [String] = [], environment: [String: String] = [:],
        at address: ListeningAddress = here, session: String = "default",
        file: String = #"{"session": {"type": "realtime", "model": "gpt-realtime-2.1"}}"#
    ) throws -> String? {
        _ = try directory.file("\(session).json", file)
        let settings = try Settings(
            arguments: ["--sandbox"] + flags, environment: environment, socket: address, cores: 4)
        let loaded = SessionCatalog.load(directory: directory.path, today: Day(2026, 11, 22))
        let guide = StartGuide(
            Configuration(settings: settings, sessions: loaded), at: address, program: "/opt/my tools/ephemerald")
        return guide.lines.first { $0.hasPrefix("  \(name) ") }.map { String($0.dropFirst(12)) }
    }

    @Test(
        arguments: [
            ([], here, "http://localhost:3001/"),
            (
                [], .tcp(host: "::1", port: 80),
                "http://[::1]/ (it gets no token: http://[::1] is not in ALLOWED_ORIGINS)"
            ),
            (["--allowed-origins", "http://127.0.0.1:3001"], here, "http://127.0.0.1:3001/"),
            (
                ["--allowed-origins", "https://a.example"], here,
                "http://localhost:3001/ (it gets no token: http://localhost:3001 is not in ALLOWED_ORIGINS)"
            ),
            (["--demo", "false"], here, "off; --demo true serves one"),
            (["--allowed-origins", "https://a.example", "--auth", "none"], .unix(path: "/run/x"), nil),
        ] as [([String], ListeningAddress, String?)])
    func `is the page to open`(flags: [String], address: ListeningAddress, page: String?) throws {
        #expect(try text(of: "page", flags, at: address) == page)
    }

    @Test(
        arguments: [
            ([], here, "-H 'Origin: http://localhost:3000' http://localhost:3001/api/realtime/token"),
            (
                ["--allowed-origins", "https://*.a.example"], here,
                "-H 'Origin: https://www.a.example' http://localhost:3001/api/realtime/token"
            ),
            (
                ["--allowed-origins", "https://app-*-team.a.example"], here,
                "-H 'Origin: https://app-www-team.a.example' http://localhost:3001/api/realtime/token"
            ),
            (
                ["--allowed-origins", "https://a.example", "--auth", "none"], .unix(path: "/run/my x"),
                "-H 'Origin: https://a.example' --unix-socket '/run/my x' http://localhost/api/realtime/token"
            ),
            (
                ["--allowed-origins", "https://a.example", "--auth", "none"], .tcp(host: "0.0.0.0", port: 9),
                "-H 'Origin: https://a.example' http://localhost:9/api/realtime/token"
            ),
        ] as [([String], ListeningAddress, String)])
    func `is the command that gets a token`(flags: [String], address: ListeningAddress, words: String) throws {
        #expect(try text(of: "token", flags, at: address) == "curl -X POST \(words)")
    }

    @Test func `names a key where one is needed, and a session where there is no default`() throws {
        let keys = try directory.file("callers", "ann:\(String(repeating: "0", count: 64))\n")
        let asked = try text(of: "token", ["--auth", "bearer", "--auth-keys-file", keys], session: "shop")
        #expect(asked?.contains(#"-H "Authorization: Bearer $KEY""#) == true, "\(asked ?? "")")
        #expect(asked?.hasSuffix("'http://localhost:3001/api/realtime/token?session=shop'") == true, "\(asked ?? "")")
    }

    @Test func `has no command where only a proxy names the caller`() throws {
        let asked = try text(of: "token", ["--auth", "proxy", "--trusted-proxies", "10.0.0.1"])
        #expect(asked == "only through the proxy that names the user (AUTH=proxy)")
    }

    @Test func `uses an origin that the session admits`() throws {
        let file = """
            {"session": {"type": "realtime", "model": "gpt-realtime-2.1"}, "access": {"origins": ["http://localhost:5"]}}
            """
        #expect(try text(of: "token", file: file)?.contains("'Origin: http://localhost:5'") == true)
    }

    @Test(
        arguments: [
            ([], [:], "set OPENAI_API_KEY and omit --sandbox for the real one; --demo true keeps the page"),
            ([], key, "omit --sandbox for the real one; --demo true keeps the page"),
            (
                ["--openai-api-key-file", "/run/key"], [:],
                "omit --sandbox for the real one; --demo true keeps the page"
            ),
            (["--demo", "true"], key, "omit --sandbox for the real one"),
        ] as [([String], [String: String], String)])
    func `says how to leave the sandbox`(flags: [String], environment: [String: String], words: String) throws {
        let line = try text(of: "OpenAI", flags, environment: environment)
        #expect(line == "replaced by the built-in sandbox; \(words)")
    }

    @Test func `says how to go on`() throws {
        let program = "'/opt/my tools/ephemerald'"
        #expect(try text(of: "usage", ["--usage-log", "a/b.log"]) == "\(program) usage --log a/b.log")
        #expect(try text(of: "usage")?.contains("--usage-log") == true)
        #expect(try text(of: "more")?.hasPrefix("\(program) settings, README.md") == true)
        #expect(try text(of: "sessions") == "default in sessions/")
    }
}
