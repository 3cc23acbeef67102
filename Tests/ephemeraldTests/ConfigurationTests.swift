import FoundationEssentials
import Sessions
import Settings
import System
import TestTools
import Testing
import ephemerald

@Suite struct `A configuration that is read again` {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try write("default.json", session(model: "gpt-realtime-2.1"))
    }

    private func session(model: String) -> String {
        #"{"session": {"type": "realtime", "model": "\#(model)"}}"#
    }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(directory.path)/\(name)"))
    }

    private func read(
        _ flags: String..., environment: [String: String] = key,
        socket: ListeningAddress = .tcp(host: "127.0.0.1", port: 3001), isSandbox: Bool = false
    ) throws -> Configuration {
        let source = Settings.Source(
            arguments: flags + ["--sessions-dir", directory.path], environment: environment)
        return try Configuration.reload(source, for: socket, isSandbox: isSandbox, today: Day(2026, 11, 22))
    }

    @Test func `has no changes when nothing has changed`() throws {
        let changes = ConfigurationChanges(from: try read(), to: try read())
        #expect(changes.effective.isEmpty && changes.deferred.isEmpty)
        #expect(changes.summary == "nothing has changed")
    }

    @Test func `tells sessions, settings and keys apart`() throws {
        let old = try read("--limit-client", "1/min", "--loops", "2")
        try write("default.json", session(model: "gpt-realtime-mini"))
        try write("shop.json", session(model: "gpt-realtime-2.1"))
        let new = try read(
            "--limit-client", "2/min", "--port", "4001", environment: ["OPENAI_API_KEY": "sk-proj-another"])
        let changes = ConfigurationChanges(from: old, to: new)
        #expect(
            changes.effective == ["sessions +shop default", "LIMIT_CLIENT", "OPENAI_API_KEY", "API keys (now 1)"])
        #expect(changes.deferred == [.port, .loops])
        #expect(ConfigurationChanges(from: new, to: old).effective.first == "sessions -shop default")
        #expect(!changes.summary.contains("sk-proj"))
    }

    @Test(
        arguments: [
            ("--safety-salt-file", "0123456789abcdef", "0123456789abcdeg", "SAFETY_SALT_FILE", [Setting]()),
            ("--upstream-ca-file", certificate, certificate + "\n", "UPSTREAM_CA_FILE", []),
            ("--redis-url-file", "redis://:one@localhost/", "redis://:two@localhost/", nil, [.redisURLFile]),
            ("--openai-api-key-file", "sk-proj-one", "sk-proj-two", "API keys (now 1)", []),
            ("--jwt-keys", String(repeating: "j", count: 32), String(repeating: "k", count: 32), "keys of callers", []),
            ("--auth-keys-file", "a:\(digest)", "b:\(digest)", "keys of callers", []),
            ("--config", #"{"limit-all": "7/min"}"#, #"{"limit-all": "8/min"}"#, "LIMIT_ALL", []),
        ] as [(String, String, String, String?, [Setting])])
    func `says which file has other contents under the same name`(
        flag: String, first: String, second: String, effective: String?, waiting: [Setting]
    ) throws {
        let needs = ["--jwt-keys": ["--auth", "jwt"], "--auth-keys-file": ["--auth", "bearer"]][flag] ?? []
        let environment = flag == "--openai-api-key-file" ? [:] : key
        let arguments = needs + [flag, "\(directory.path)/file", "--sessions-dir", directory.path]
        let source = Settings.Source(arguments: arguments, environment: environment)
        let readings = try [first, first, second].map { text in
            try write("file", text)
            return try Configuration.reload(
                source, for: .tcp(host: "127.0.0.1", port: 3001), isSandbox: false, today: Day(2026, 11, 22))
        }
        #expect(ConfigurationChanges(from: readings[0], to: readings[1]).areNone)
        let changes = ConfigurationChanges(from: readings[1], to: readings[2])
        #expect(changes.effective == (effective.map { [$0] } ?? []))
        #expect(changes.deferred == waiting)
    }

    private static let certificate = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"
    private static let digest = String(repeating: "0a", count: 32)

    @Test func `comes from files that are watched, and no setting that names one is forgotten`() throws {
        let named = Setting.all.filter { $0.placeholder.hasPrefix("FILE") && ![.usageLog, .denyFile].contains($0) }
        let flags = named.flatMap { [$0.flag, "/etc/\($0.key)"] }
        let source = Settings.Source(
            arguments: flags + ["--sessions-dir", "somewhere"], environment: ["CREDENTIALS_DIRECTORY": "/run/c"])
        let files = ConfigurationFiles(of: source)
        #expect(Set(files.paths) == Set(named.map { "/etc/\($0.key)" } + ["/run/c/openai_api_key"]))
        #expect(files.sessionsDirectory == "somewhere")
        let fetched = Settings.Source(arguments: ["--jwt-keys", "https://a.example/jwks"], environment: [:])
        #expect(ConfigurationFiles(of: fetched).paths == [])
    }

    @Test func `is broken by a setting and a file at once, and names both`() throws {
        try write("default.json", "{")
        let broken = #expect(throws: Configuration.Broken.self) { _ = try read("--limit-client", "many") }
        #expect(broken?.sessions == ["default"])
        #expect(broken?.findings.contains { "\($0)".hasPrefix("error: LIMIT_CLIENT") } == true)
        #expect(broken?.findings.contains { $0.message.contains("default.json:1:2") } == true)
    }

    @Test func `is checked by the socket in use and not by the address in the settings`() throws {
        let everywhere = ListeningAddress.tcp(host: "0.0.0.0", port: 3001)
        let broken = #expect(throws: Configuration.Broken.self) {
            _ = try read("--host", "127.0.0.1", socket: everywhere)
        }
        #expect(broken?.findings.contains { $0.message.contains("AUTH: not set") } == true)
        #expect(throws: Configuration.Broken.self) { _ = try read(socket: .unix(path: "/run/x")) }
        _ = try read("--host", "0.0.0.0", "--port", "0")
    }

    @Test func `does not turn the sandbox into the real thing, nor back`() {
        #expect(throws: Configuration.Broken.self) { _ = try read(isSandbox: true) }
        #expect(throws: Configuration.Broken.self) { _ = try read("--sandbox") }
    }

    @Test(
        arguments: [
            (ListeningAddress.tcp(host: "127.0.0.1", port: 9), ["--port", "0"], []),
            (.tcp(host: "127.0.0.1", port: 3001), ["--port", "3001"], []), (.unix(path: "/run/x"), [], []),
            (.tcp(host: "127.0.0.1", port: 9), ["--port", "10"], ["PORT"]),
            (.unix(path: "/run/x"), ["--host", "127.0.0.1", "--port", "1"], ["HOST", "PORT"]),
        ] as [(ListeningAddress, [String], [String])])
    func `says when HOST and PORT are not in effect`(socket: ListeningAddress, flags: [String], names: [String]) throws
    {
        let flags = flags + ["--allowed-origins", "https://a.example", "--auth", "bearer,proxy"]
        let more = ["--trusted-proxies", "10.0.0.1", "--auth-keys-file", "\(directory.path)/callers"]
        try write("callers", "ann:\(String(repeating: "0", count: 64))\n")
        let settings = try Settings(arguments: flags + more, environment: key, socket: socket)
        #expect(settings.warnings.map { String($0.prefix { $0 != " " }) } == names)
    }
}
