import FoundationEssentials
import Sessions
import Settings
import TestTools
import Testing
import ephemerald

@Suite struct `A file of settings that cannot be read` {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test(arguments: ["{\"port\": 3001", "[]", ""])
    func `is the only error, whatever may be in it`(text: String) throws {
        let config = try directory.file("config.json", text)
        let found = problems(["--config", config, "--host", "0.0.0.0"], environment: [:])
        #expect(found.count == 1 && found.first?.hasPrefix("CONFIG (--config): ") == true, "\(found)")
        let source = Settings.Source(arguments: ["--config", config], environment: [:])
        let check = try Check(source, fixes: false, today: Day(2026, 11, 22))
        #expect(check.findings.count == 1, "it may name another directory of session files: \(check.findings)")
    }

    @Test func `hides no error of a setting that was read`() throws {
        let config = try directory.file("config.json", "{")
        let found = problems(["--config", config, "--port", "x", "--auth", "basic"], environment: [:])
        #expect(found.count == 3, "\(found)")
        #expect(
            found.contains(
                "AUTH (--auth): \"basic\": is not a mode; write none, or one or more of bearer, jwt and proxy"))
    }

    @Test func `differs from a file with a wrong key`() throws {
        let config = try directory.file("config.json", "{\"prot\": 3001}")
        let found = problems(["--config", config], environment: [:])
        #expect(found.count == 2 && found.contains { $0.hasPrefix("OPENAI_API_KEY: ") }, "\(found)")
    }
}
