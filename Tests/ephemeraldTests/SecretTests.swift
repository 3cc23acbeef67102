import EphemeraldCore
import Settings
import TestTools
import Testing
import ephemerald

@Suite struct `A secret` {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func `shows nothing of itself, however it is printed`() {
        let secret = Secret("canary")
        var dumped = ""
        dump([secret], to: &dumped)
        let shown =
            "\(secret) \(String(reflecting: secret)) \([secret]) \(String(describing: Optional(secret))) \(dumped)"
        #expect(!shown.contains("canary"))
        #expect(shown.contains("<redacted>"))
        #expect(secret.reveal() == "canary")
    }

    @Test(arguments: [
        ("OPENAI_API_KEY", "sk-canary with-space"), ("OPENAI_API_KEY", "sk-canary-1234\n"),
        ("OPENAI_API_KEY", "\"sk-canary-1234\""), ("OPENAI_API_KEY", "OPENAI_API_KEY=sk-canary-1234"),
        ("OPENAI_API_KEY", "sk-canary-é-1234"), ("OPENAI_API_KEY", "canary"), ("OPENAI_API_KEY", "sk-canary\u{1}1234"),
        ("OPENAI_API_KEY_FILE", "sk-canary-0123456789"), ("OPENAI_ORG_ID", "sk-canary/0123456789"),
        ("OPENAI_BASE_URL", "https://user:canary@a.example"), ("UPSTREAM_PROXY", "http://user:canary@proxy:1"),
        ("LOG_LEVEL", "sk-canary"), ("HOST", "ek_canary "), ("ALLOWED_ORIGINS", "https://a.example,sk-canary"),
        ("UPSTREAM_CA_FILE", "/run/sk-canary"),
    ])
    func `is never in a problem`(name: String, value: String) {
        let environment = name == "OPENAI_API_KEY_FILE" ? [name: value] : key.merging([name: value]) { $1 }
        let found = problems(environment: environment)
        #expect(!found.isEmpty)
        #expect(found.allSatisfy { !$0.contains("canary") }, "\(found)")
        #expect(found.contains { $0.hasPrefix("\(name) (environment): ") }, "\(found)")
    }

    @Test(arguments: [
        "{\"openai-api-key\": \"sk-canary 1\"}", "{\"openai-api-key\": {\"a\": \"sk-canary\"}}",
        "{\"openai-api-kee\": \"sk-canary\"}", "{\"openai-api-key\": \"sk-canary\", ]", "{\"sk-canary\": 1}",
    ])
    func `is never in a problem with the file`(file: String) throws {
        let found = problems(["--config", try directory.file("c.json", file)], environment: ["OPENAI_ORG_ID": "x"])
        #expect(!found.isEmpty)
        #expect(found.allSatisfy { !$0.contains("canary") }, "\(found)")
    }

    @Test func `is a key, or several in order`() throws {
        let path = try directory.file("key", "sk-first-key\r\n\nsk-second-key\n")
        let keys = try settings("--openai-api-key-file", path, environment: [:]).upstream.keys
        #expect(keys.map { $0.reveal() } == ["sk-first-key", "sk-second-key"])
        let config = try directory.file("c.json", "{\"openai-api-key\": [\"sk-first-key\", \"sk-second-key\"]}")
        let listed = try settings("--config", config, environment: [:]).upstream.keys
        #expect(listed.map { $0.reveal() } == ["sk-first-key", "sk-second-key"])
        #expect(try settings().upstream.keys.map { $0.reveal() } == ["sk-proj-0123456789"])
    }

    @Test func `is taken from systemd's credentials when nothing else is set`() throws {
        _ = try directory.file("openai_api_key", "sk-from-systemd")
        let environment = ["CREDENTIALS_DIRECTORY": directory.path]
        #expect(try settings(environment: environment).upstream.keys.map { $0.reveal() } == ["sk-from-systemd"])
        let both = environment.merging(key) { $1 }
        #expect(try settings(environment: both).upstream.keys.map { $0.reveal() } == ["sk-proj-0123456789"])
    }

    @Test(arguments: [("", "contains no key"), ("\n\n", "contains no key"), ("sk-good-key\nsk-canary two\n", "line 2")])
    func `is reported when its file is wrong`(text: String, words: String) throws {
        let found = problems(["--openai-api-key-file", try directory.file("key", text)], environment: [:])
        #expect(found.count == 1)
        #expect(found.first?.contains(words) == true && found.first?.contains("canary") == false, "\(found)")
    }

    @Test(arguments: [(0o600, 0), (0o640, 0), (0o644, 1), (0o604, 1)])
    func `causes a warning when everybody can read its file`(mode: Int, count: Int) throws {
        let path = try directory.file("key", "sk-first-key", mode: mode)
        let settings = try settings("--openai-api-key-file", path, environment: [:])
        #expect(settings.warnings.count == count)
        #expect(settings.warnings.allSatisfy { $0.contains("chmod 600") })
    }

    @Test(arguments: [
        ("--openai-api-key-file", "sk-first-key", 0o644, "OPENAI_API_KEY_FILE"),
        ("--redis-url-file", "redis://:secret@localhost/", 0o604, "REDIS_URL_FILE"),
        ("--jwt-keys", "0123456789abcdef0123456789abcdef", 0o644, "JWT_KEYS"),
        ("--safety-salt-file", "0123456789abcdef", 0o644, "SAFETY_SALT_FILE"),
        ("--config", "{\"openai-api-key\": \"sk-first-key\"}", 0o644, "CONFIG"),
        ("--config", "{\"redis-url\": \"redis://:secret@localhost/\"}", 0o644, "CONFIG"),
        ("--jwt-keys", "0123456789abcdef0123456789abcdef", 0o602, "JWT_KEYS"),
        ("--auth-keys-file", "ann:" + String(repeating: "0", count: 64), 0o602, "AUTH_KEYS_FILE"),
        ("--config", "{}", 0o622, "CONFIG"),
    ])
    func `causes a warning in every file that others can read, and so does a file that others can write`(
        flag: String, text: String, mode: Int, name: String
    ) throws {
        let needs = [
            "--jwt-keys": ["--auth", "jwt", "--jwt-audience", "a"], "--auth-keys-file": ["--auth", "bearer"],
        ]
        let hasKey = flag != "--openai-api-key-file" && !text.contains("openai-api-key")
        func warnings(_ mode: Int) throws -> [String] {
            let path = try directory.file("file", text, mode: mode)
            return try Settings(arguments: (needs[flag] ?? []) + [flag, path], environment: hasKey ? key : [:]).warnings
        }
        let found = try warnings(mode)
        #expect(found.count == 1 && found[0].hasPrefix("\(name) (\(flag)): "), "\(found)")
        #expect(found[0].contains("by every user of this machine; chmod"))
        #expect(try warnings(0o660) == [])
    }

    @Test func `is not what a public key is`() throws {
        let set = #"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#
        let path = try directory.file("keys", set, mode: 0o644)
        #expect(try settings("--auth", "jwt", "--jwt-audience", "a", "--jwt-keys", path).warnings == [])
    }

    @Test func `is needed, but not by the sandbox, which never gets a real one`() throws {
        #expect(problems(environment: [:]).first?.contains("--openai-api-key-file") == true)
        #expect(try settings("--sandbox", environment: [:]).upstream.keys.isEmpty)
        #expect(try settings("--sandbox").upstream.keys.isEmpty)
    }
}
