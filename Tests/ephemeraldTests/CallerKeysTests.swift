import EphemeraldCore
import Settings
import TestTools
import Testing
import ephemerald

@Suite struct `A file of callers' keys` {
    private let directory: TemporaryDirectory
    private static let digest = String(repeating: "0a", count: 32)
    private static let other = String(repeating: "0B", count: 32)

    init() throws { directory = try TemporaryDirectory() }

    private func problems(with text: String) throws -> [String] {
        let path = try directory.file("keys", text)
        return ephemeraldTests.problems(["--auth", "bearer", "--auth-keys-file", path])
    }

    @Test(arguments: [
        "ann:\(digest)", "ann:\(digest)\n", "# all of them\n\nann:\(digest)\r\n \tbob:\(other) \n#end",
        "A.z_9-:\(digest)\n\(String(repeating: "x", count: 64)):\(other)",
    ])
    func `has a line for each`(text: String) throws {
        #expect(try problems(with: text).isEmpty)
    }

    @Test(arguments: [
        ("", "it contains no key"), ("# ann:\(digest)\n", "it contains no key"),
        ("ann \(digest)", "line 1 has no colon"),
        ("\n\nann:\(digest.dropLast())", "line 3 has no SHA-256"), ("ann:\(digest)00", "line 1 has no SHA-256"),
        ("ann:\(digest.dropLast())g", "line 1 has no SHA-256"), ("ann: \(digest)", "line 1 has no SHA-256"),
        ("ann:", "line 1 has no SHA-256"), (":\(digest)", "line 1 has no valid name"),
        ("an n:\(digest)", "line 1 has no valid name"), ("änn:\(digest)", "line 1 has no valid name"),
        ("\(String(repeating: "x", count: 65)):\(digest)", "line 1 has no valid name"),
        ("ann:\(digest)\n#\nann:\(other)", "line 3 has the name of line 1"),
        ("ann:\(digest)\nbob:\(digest.uppercased())", "line 2 repeats a digest"),
        ("ann:eph_canary", "line 1 is a key itself"), ("canary", "line 1 has no colon"),
        ("a\nb:c\nd:\(digest)", "line 1 has no colon; write name:sha256; line 2 has no SHA-256"),
        ("a\nb\nc\nd\ne\nf\ng", "; and 2 more lines"),
    ])
    func `with a mistake is refused, with the line and without its text`(text: String, words: String) throws {
        let found = try problems(with: text)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("AUTH_KEYS_FILE (--auth-keys-file): ") == true, "\(found)")
        #expect(found.first?.contains(words) == true, "\(found)")
        #expect(found.first?.contains("canary") == false)
    }

    @Test func `accepts the lines that the program makes`() throws {
        let line = "ann:\(BearerKey().digest)"
        #expect(try problems(with: "# a comment\n\(line)\n").isEmpty)
    }
}

@Suite struct `A way to be known` {
    @Test(
        arguments: [
            (["--auth", "bearer"], ["AUTH_KEYS_FILE: not set"]),
            (["--auth", "proxy"], ["TRUSTED_PROXIES: names nobody"]),
            (["--auth", "bearer,proxy"], ["AUTH_KEYS_FILE: not set", "TRUSTED_PROXIES: names nobody"]),
            (
                ["--auth", "proxy", "--trusted-proxies", "none"],
                ["TRUSTED_PROXIES (--trusted-proxies): \"none\": names nobody"]
            ),
            (["--auth", "proxy", "--trusted-proxies", "unix:"], []),
            (["--auth", "proxy", "--trusted-proxies", "10.0.0.1,::/0"], ["TRUSTED_PROXIES (--trusted-proxies): "]),
            (["--auth", "proxy", "--trusted-proxies", "::ffff:0:0/96"], ["TRUSTED_PROXIES (--trusted-proxies): "]),
            (["--auth", "proxy", "--trusted-proxies", "x"], ["TRUSTED_PROXIES (--trusted-proxies): \"x\": "]),
            (["--host", "0.0.0.0", "--allowed-origins", "https://a.example", "--auth", "proxy"], ["TRUSTED_PROXIES"]),
            (["--auth", "none,proxy", "--trusted-proxies", "unix:"], ["AUTH (--auth): \"none,proxy\": none beside"]),
        ] as [([String], [String])])
    func `wants what it needs`(arguments: [String], starts: [String]) {
        let found = problems(arguments)
        #expect(found.count == starts.count, "\(found)")
        for (problem, start) in zip(found, starts) { #expect(problem.hasPrefix(start), "\(found)") }
    }

    @Test func `is safe beyond loopback without a warning, and keys without effect cause one`() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.file("keys", "ann:\(BearerKey().digest)")
        let flags = ["--host", "0.0.0.0", "--allowed-origins", "https://a.example", "--auth-keys-file", path, "--auth"]
        #expect(try Settings(arguments: flags + ["bearer"], environment: key).warnings.isEmpty)
        let warnings = try Settings(arguments: flags + ["none"], environment: key).warnings
        #expect(warnings.map { String($0.prefix { $0 != " " }) } == ["AUTH_KEYS_FILE", "AUTH"])
    }
}
