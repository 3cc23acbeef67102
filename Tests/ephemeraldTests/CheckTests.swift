import FoundationEssentials
import Glibc
import JSON
import Sessions
import Settings
import TestTools
import Testing
import ephemerald

@Suite struct `The check` {
    private let directory: TemporaryDirectory
    private let today = Day(2026, 11, 22)
    private let good = #"{"session": {"type": "realtime", "model": "gpt-realtime-2.1"}}"#
    private let legacy = #"{"model": "gpt-realtime-2.1", "voice": "marin"}"#

    init() throws { directory = try TemporaryDirectory() }

    private func check(_ flags: String..., fixes: Bool = false) throws -> Check {
        try check(flags, fixes: fixes)
    }

    private func check(_ flags: [String], fixes: Bool = false) throws -> Check {
        let source = Settings.Source(arguments: ["--sessions-dir", directory.path] + flags, environment: key)
        return try Check(source, fixes: fixes, today: today)
    }

    @Test func `accepts right settings and files`() throws {
        _ = try directory.file("default.json", good)
        let check = try check()
        #expect(check.outcome == .success)
        #expect(check.findings.isEmpty)
        #expect(check.output == ["ok: settings for 127.0.0.1:3001, sessions default"])
    }

    @Test func `reports wrong settings and wrong files together`() throws {
        _ = try directory.file("default.json", #"{"session": {"type": "realtime", "voce": 1}}"#)
        let check = try check("--loops", "0", "--log-level", "x")
        #expect(check.outcome == .configuration)
        #expect(check.output.isEmpty)
        #expect(check.findings.count >= 3)
        #expect(check.findings.contains { "\($0)".hasPrefix("error: LOOPS (--loops): ") })
        #expect(check.findings.contains { "\($0)".hasPrefix("error: \(directory.path)/default.json: session.voce") })
    }

    @Test func `reports a missing directory`() throws {
        let source = Settings.Source(arguments: ["--sessions-dir", "/nowhere"], environment: key)
        let check = try Check(source, fixes: false, today: today)
        #expect(check.outcome == .configuration)
        let words = "/nowhere: cannot be read as a directory: it does not exist"
        #expect(check.findings.map(\.description) == ["error: SESSIONS_DIR (--sessions-dir): \(words)"])
    }

    @Test func `warns about settings that work but not as they are meant to`() throws {
        _ = try directory.file("shop.json", good)
        let check = try check("--openai-base-url", "https://api.openai.com")
        #expect(check.outcome == .success)
        #expect(check.findings.count == 2)
        #expect(check.findings.contains { $0.message.hasSuffix("write https://api.openai.com/v1") })
        #expect(check.findings.contains { $0.message.contains("has no default.json") })
    }

    @Test func `warns about a legacy file and does not change it`() throws {
        let path = try directory.file("old.json", legacy)
        let check = try check()
        #expect(check.outcome == .success)
        #expect(check.findings.contains { "\($0)".hasPrefix("warning: \(path): ") })
        #expect(try String(decoding: Data(contentsOf: URL(filePath: path)), as: UTF8.self) == legacy)
    }

    @Test func `rewrites a legacy file once, keeps its mode, and says what changed`() throws {
        let path = try directory.file("old.json", legacy, mode: 0o640)
        let untouched = try directory.file("default.json", good)
        let first = try check(fixes: true)
        #expect(first.outcome == .success)
        #expect(first.findings.isEmpty)
        #expect(first.output.first == "fixed: \(path)")
        #expect(first.output.contains { $0.hasPrefix("  was: \(path): ") && $0.contains("voice") })
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o640)
        #expect(try String(decoding: Data(contentsOf: URL(filePath: untouched)), as: UTF8.self) == good)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).count == 2)
        let second = try check(fixes: true)
        #expect(second.output == ["ok: settings for 127.0.0.1:3001, sessions default, old"])
    }

    @Test func `says of a file that it rewrote which errors are left`() throws {
        let path = try directory.file("old.json", #"{"model": "gpt-realtime-2.1", "voice": "marin", "speed": 2}"#)
        _ = try directory.file("default.json", good)
        let check = try check(fixes: true)
        #expect(check.outcome == .configuration)
        #expect(check.output.first == "fixed in part: \(path) still has 1 error")
        #expect(check.output.dropFirst().allSatisfy { $0.hasPrefix("  was: \(path): ") } && check.output.count == 5)
        #expect(
            check.findings.map(\.description) == [
                "error: \(path): session.audio.output.speed: must be 0.25 to 1.5, is 2"
            ])
    }

    @Test func `prints what the manual of session files quotes`() throws {
        let manual = URL(filePath: ReadmeTable.sessionsDirectory).appending(path: "README.md")
        let blocks = String(decoding: try Data(contentsOf: manual), as: UTF8.self).split(separator: "```\n")
        let block = try #require(blocks.first { $0.hasPrefix("error: ") })
        let audio = #""audio": {"output": {"speed": 2}}"#
        _ = try directory.file(
            "shop.json", #"{"session": {"type": "realtime", "model": "gpt-realtime-2.1", \#(audio)}}"#)
        _ = try directory.file("desk.json", "{\n\n\n\n\n  \"session\": {}\n  \"answer\": 1}")
        let printed = try check().findings.map { $0.description.replacing(directory.path, with: "sessions") }
        #expect(printed == block.split(separator: "\n").map(String.init))
    }

    @Test func `checks models by the host that mints, even if settings are wrong`() throws {
        _ = try directory.file(
            "default.json", #"{"session": {"type": "realtime", "model": "gpt-4o-realtime-preview-prod"}}"#)
        for host in ["api.openai.com", "eu.api.openai.com"] {
            #expect(try check("--openai-base-url", "https://\(host)/v1").outcome == .configuration)
        }
        for host in ["res.openai.azure.com", "api.openai.com.example", "xapi.openai.com", "de.api.openai.com"] {
            let found = try check("--openai-base-url", "https://\(host)/openai/v1")
            #expect(found.outcome == .success)
            let findings = found.findings.filter { "\($0)".contains("default.json") }
            #expect(findings.map { "\($0)".hasPrefix("warning: ") } == [true])
            let beside = try check("--openai-base-url", "https://\(host)/openai/v1", "--loops", "0")
            #expect(beside.findings.filter { "\($0)".contains("default.json") } == findings)
        }
        // The sandbox plays OpenAI, whatever the base URL.
        for wrong in [[], ["--loops", "0"]] {
            let flags = ["--sandbox", "--openai-base-url", "https://res.openai.azure.com/openai/v1"] + wrong
            let found = try check(flags).findings.filter { "\($0)".contains("default.json") }
            #expect(found.contains { "\($0)".hasPrefix("error: ") })
        }
    }

    /// As root, or else a file cannot have another owner.
    @Test(.enabled(if: geteuid() == 0))
    func `keeps the owner and the group of a file that it rewrites`() throws {
        let path = try directory.file("old.json", legacy, mode: 0o640)
        #expect(unsafe chown(path, 12_345, 23_456) == 0)
        #expect(try check(fixes: true).outcome == .success)
        var status = stat()
        #expect(unsafe stat(path, &status) == 0)
        #expect(status.st_uid == 12_345 && status.st_gid == 23_456 && status.st_mode & 0o7777 == 0o640)
        #expect(try String(decoding: Data(contentsOf: URL(filePath: path)), as: UTF8.self) != legacy)
    }

    @Test(.enabled(if: geteuid() == 0))
    func `follows no link of another user to a file that is not theirs`() throws {
        let other = try TemporaryDirectory()
        let target = try other.file("private.json", legacy)
        let link = "\(directory.path)/old.json"
        #expect(unsafe symlink(target, link) == 0 && lchown(link, 12_345, 23_456) == 0)
        let result = try check(fixes: true)
        #expect(result.outcome == .configuration)
        #expect(result.findings.contains { "\($0)".contains("another user") })
        #expect(try String(decoding: Data(contentsOf: URL(filePath: target)), as: UTF8.self) == legacy)
        #expect(unsafe chown(target, 12_345, 23_456) == 0)
        #expect(try check(fixes: true).outcome == .success)
    }

    @Test func `rewrites what a link points to and leaves the link`() throws {
        let other = try TemporaryDirectory()
        let target = try other.file("elsewhere.json", legacy)
        let link = "\(directory.path)/old.json"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        #expect(try check(fixes: true).outcome == .success)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
        #expect(try String(decoding: Data(contentsOf: URL(filePath: target)), as: UTF8.self) != legacy)
    }

    @Test func `does not change a file that is not JSON`() throws {
        let path = try directory.file("broken.json", "{")
        let check = try check(fixes: true)
        #expect(check.outcome == .configuration)
        #expect(check.output.isEmpty)
        #expect(try String(decoding: Data(contentsOf: URL(filePath: path)), as: UTF8.self) == "{")
    }

    @Test func `refuses a wrong command line`() {
        #expect(throws: UsageErrors.self) {
            try Check(Settings.Source(arguments: ["--prot"], environment: key), fixes: false, today: today)
        }
    }
}
