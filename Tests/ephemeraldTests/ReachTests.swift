import HTTP
import Settings
import Testing
import ephemerald

@Suite struct `An address beyond loopback` {
    @Test(
        arguments: [
            (["--host", "127.0.0.1"], []), (["--host", "::1"], []), (["--host", "localhost"], []),
            (["--host", "0.0.0.0"], ["ALLOWED_ORIGINS", "AUTH"]), (["--host", "::"], ["ALLOWED_ORIGINS", "AUTH"]),
            (["--host", "10.0.0.1"], ["ALLOWED_ORIGINS", "AUTH"]), (["--host", "web"], ["ALLOWED_ORIGINS", "AUTH"]),
            (["--host", "unix:/run/x.sock"], ["ALLOWED_ORIGINS", "AUTH"]),
            (["--host", "0.0.0.0", "--auth", "none"], ["ALLOWED_ORIGINS"]),
            (["--host", "0.0.0.0", "--allowed-origins", "https://a.example"], ["AUTH"]),
            (["--host", "0.0.0.0", "--allowed-origins", "https://a.example", "--auth", "none"], []),
            (["--host", "0.0.0.0", "--port", "x"], ["PORT", "ALLOWED_ORIGINS", "AUTH"]),
        ] as [([String], [String])])
    func `requires origins and authentication`(arguments: [String], names: [String]) {
        let found = problems(arguments)
        #expect(found.map { String($0.prefix { $0 != " " && $0 != ":" }) } == names, "\(found)")
    }

    @Test func `is not made safe by empty variables`() {
        var environment = key
        environment.merge(["HOST": "0.0.0.0", "ALLOWED_ORIGINS": "", "AUTH": ""]) { $1 }
        #expect(problems(environment: environment).count == 2)
    }

    @Test(
        arguments: [
            ([], ["AUTH"]), (["--allow-missing-origin"], ["AUTH", "ALLOW_MISSING_ORIGIN"]),
            (["--limit-all", "off"], ["AUTH", "LIMIT_ALL"]),
            (["--trusted-proxies", "0.0.0.0/0"], ["TRUSTED_PROXIES", "AUTH"]),
        ] as [([String], [String])])
    func `causes warnings`(more: [String], names: [String]) throws {
        let arguments = ["--host", "0.0.0.0", "--allowed-origins", "https://a.example", "--auth", "none"] + more
        let settings = try Settings(arguments: arguments, environment: key)
        #expect(settings.warnings.map { String($0.prefix { $0 != " " && $0 != ":" }) } == names)
    }

    @Test(
        arguments: [
            (["--allowed-origins", "http://a.example,http://localhost:3000"], 1),
            (["--allowed-origins", "https://a.example"], 0),
            (["--sandbox-latency", "1s"], 1), (["--sandbox", "--sandbox-latency", "1s"], 1), ([], 0),
            (["--sandbox"], 1),
            (["--sandbox", "--openai-base-url", "https://a.example"], 2), (["--limit-all", "off"], 0),
            (["--socket-mode", "0600"], 1), (["--socket-mode", "600", "--ops-host", "unix:/run/m"], 0),
            (["--socket-mode", "0666", "--ops-host", "unix:/run/m"], 1),
        ] as [([String], Int)])
    func `or on it, causes warnings about doubtful settings`(arguments: [String], count: Int) throws {
        #expect(try Settings(arguments: arguments, environment: key).warnings.count == count)
    }

    @Test func `or on it, causes a warning about a key that the sandbox does not use`() throws {
        let unused = "the key is not used: with SANDBOX nothing is sent to OpenAI"
        #expect(try settings("--sandbox").warnings == ["OPENAI_API_KEY (environment): \(unused)"])
        let file = try settings("--sandbox", "--openai-api-key-file", "/nowhere/key", environment: [:])
        #expect(file.warnings == ["OPENAI_API_KEY_FILE (--openai-api-key-file): \(unused)"])
        #expect(try settings("--sandbox", environment: [:]).warnings.isEmpty)
    }

    @Test func `or on it, has the origins that are set, and else this machine's`() throws {
        #expect(
            try settings().access.allowedOrigins.map(\.description) == ["http://localhost:*", "http://127.0.0.1:*"])
        let set = try settings("--allowed-origins", "https://a.example, https://*.b.example").access.allowedOrigins
        #expect(set.map(\.description) == ["https://a.example", "https://*.b.example"])
    }
}
