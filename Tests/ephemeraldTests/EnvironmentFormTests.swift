import EphemeraldCore
import FoundationEssentials
import Sessions
import Settings
import System
import TestTools
import Testing
import ephemerald

/// The settings that hold what others name a file of, for platforms without files.
@Suite struct `A setting in place of a file` {
    private static let digest = String(repeating: "0a", count: 32)
    private static let other = String(repeating: "0b", count: 32)
    private static let secret = "0123456789abcdef0123456789abcdef"
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test(arguments: [
        (["--auth", "bearer"], ["AUTH_KEYS": "ann:\(digest), bob:\(other)"]),
        (["--auth", "jwt", "--jwt-audience", "a"], ["JWT_SECRET": secret]), ([], ["SAFETY_SALT": "0123456789abcdef"]),
    ])
    func `is enough`(flags: [String], variable: [String: String]) throws {
        let settings = try Settings(arguments: flags, environment: key.merging(variable) { $1 })
        #expect(settings.warnings.isEmpty, "\(settings.warnings)")
        if variable.keys.contains("SAFETY_SALT") {
            #expect(settings.upstream.safetySalt == .kept(SafetyIdentifier(salt: Array("0123456789abcdef".utf8))))
        }
    }

    @Test func `has the same keys as the file`() throws {
        let lines = "ann:\(Self.digest)\nbob:\(Self.other)\n"
        let flags = ["--auth", "bearer"]
        let file = try Settings(
            arguments: flags + ["--auth-keys-file", try directory.file("keys", lines)], environment: key)
        let list = "ann:\(Self.digest),bob:\(Self.other)"
        let variable = try Settings(arguments: flags, environment: key.merging(["AUTH_KEYS": list]) { $1 })
        #expect(variable.access.callers.hasSameKeys(as: file.access.callers))
    }

    @Test(arguments: [
        ("--auth-keys-file", "AUTH_KEYS", "ann:\(digest)"), ("--jwt-keys", "JWT_SECRET", secret),
        ("--safety-salt-file", "SAFETY_SALT", secret),
    ])
    func `does not hide the file, nor the file it`(flag: String, name: String, value: String) throws {
        let found = problems([flag, try directory.file("file", value)], environment: key.merging([name: value]) { $1 })
        #expect(found.count == 1 && found[0].contains("\(name) is set as well"), "\(found)")
    }

    @Test(arguments: [
        ("AUTH_KEYS", "ann:eph_canary"), ("AUTH_KEYS", "ann:\(digest),canary"), ("JWT_SECRET", "canary"),
        ("SAFETY_SALT", "canary"),
    ])
    func `with a mistake is not shown`(name: String, value: String) {
        let found = problems(environment: key.merging([name: value]) { $1 })
        #expect(found.count == 1 && found[0].hasPrefix("\(name) (environment): "), "\(found)")
        #expect(found.first?.contains("canary") == false)
    }

    @Test(arguments: [("--jwt-secret", "--jwt-keys"), ("--safety-salt", "--safety-salt-file")])
    func `has no flag when it is a secret`(flag: String, file: String) {
        let found = problems([flag, "canary"])
        #expect(found.count == 1 && found[0].contains(file) && !found[0].contains("canary"), "\(found)")
    }

    private func sessions(_ text: String) throws -> Configuration.Reading {
        let source = Settings.Source(arguments: [], environment: key.merging(["SESSIONS_JSON": text]) { $1 })
        return try Configuration.read(source, pipes: .refused, today: Day(2026, 11, 22))
    }

    @Test func `holds sessions by their names`() throws {
        let reading = try sessions(
            #"{"default": {"session": {"type": "realtime", "model": "gpt-realtime-2.1"}}, "shop": {"session": {}}}"#)
        #expect(reading.sessions?.catalog.sessions.map(\.name) == ["default", "shop"])
        #expect(reading.sessions?.hasErrors == false)
    }

    @Test(arguments: [
        ("[]", "SESSIONS_JSON (environment): SESSIONS_JSON: is not an object"),
        ("{}", "SESSIONS_JSON (environment): SESSIONS_JSON: has no session"),
        ("{", "SESSIONS_JSON (environment): SESSIONS_JSON:1:2: expected a member name"),
        ("\n\n   {\"a\":}", "SESSIONS_JSON (environment): SESSIONS_JSON:3:9: expected a value"),
        ("{\n \"a\": {\"session\": {}},}", "SESSIONS_JSON (environment): SESSIONS_JSON:2:23: a comma must"),
        (#"{"Shop": {}}"#, "SESSIONS_JSON/Shop.json: a session's name has"),
        (#"{"shop": {"session": {"model": 1}}}"#, "SESSIONS_JSON/shop.json: session.model:"),
    ])
    func `says which session is wrong`(text: String, message: String) throws {
        let reading = try sessions(text)
        #expect(reading.sessions?.hasErrors == true)
        #expect(
            reading.findings.contains { $0.severity == .error && $0.message.hasPrefix(message) }, "\(reading.findings)")
    }
}
