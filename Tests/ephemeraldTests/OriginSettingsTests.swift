import Settings
import Testing
import ephemerald

@Suite struct `The allowed origins` {
    @Test(
        arguments: [
            ("https://a.example,https://*.vercel.app", [], "https://*.vercel.app"),
            ("https://app-*.vercel.app", [], "https://app-*.vercel.app"),
            ("https://*.vercel.app", ["--allow-shared-suffixes"], nil), ("https://app-*-team.vercel.app", [], nil),
            ("https://a.vercel.app", [], nil),
        ] as [(String, [String], String?)])
    func `have no wildcard where anyone can register a name, unless a setting allows it`(
        list: String, flags: [String], refused: String?
    ) {
        let found = problems(["--allowed-origins", list] + flags)
        #expect(found.count == (refused == nil ? 0 : 1), "\(found)")
        if let refused {
            #expect(found.first?.hasPrefix("ALLOWED_ORIGINS (--allowed-origins): \"\(refused)\": anyone can") == true)
        }
    }

    @Test(
        arguments: [
            ("https://app-*-team.vercel.app", [], 1), ("https://app-*-team.vercel.app", ["--allow-shared-suffixes"], 0),
            ("https://*.vercel.app", ["--allow-shared-suffixes"], 0), ("https://app-*-team.example.com", [], 0),
            ("https://a.vercel.app", [], 0),
        ] as [(String, [String], Int)])
    func `cause a warning where the platform must keep strangers out`(list: String, flags: [String], count: Int) throws
    {
        let warnings = try Settings(arguments: ["--allowed-origins", list] + flags, environment: key).warnings
        #expect(warnings.count == count, "\(warnings)")
        #expect(warnings.allSatisfy { $0.contains(list) && $0.contains("keeps this ending for your team") })
    }

    @Test(
        arguments: [
            ("http://a.example", "; https://a.example is a different origin"),
            ("http://a.example,https://a.example", nil),
            ("http://*.b.example:81", "; https://*.b.example:81 is a different origin"),
        ] as [(String, String?)])
    func `cause a warning when they are listed with http only`(list: String, words: String?) throws {
        let warnings = try settings("--allowed-origins", list).warnings
        #expect(warnings.count == 1)
        #expect(warnings[0].contains(words ?? "is not encrypted"), "\(warnings)")
        #expect(warnings[0].contains("different origin") == (words != nil))
    }

    @Test(
        arguments: [
            ("https://a.example", nil), ("https://a.example,http://localhost:3000", nil),
            ("https://a.example,https://*.b.example", "https://*.b.example, in ALLOWED_ORIGINS,"),
            ("https://app-*-team.b.example", "https://app-*-team.b.example, in ALLOWED_ORIGINS,"),
            ("http://localhost:*", "http://localhost:*, in ALLOWED_ORIGINS,"),
            ("", "http://localhost:*, which ALLOWED_ORIGINS has by default,"),
        ] as [(String, String?)])
    func `are all exact where cookies are allowed`(list: String, entry: String?) {
        let flags = (list.isEmpty ? [] : ["--allowed-origins", list]) + ["--allow-credentials"]
        let found = problems(flags)
        #expect(found.count == (entry == nil ? 0 : 1), "\(found)")
        if let entry {
            #expect(found.first?.hasPrefix("ALLOW_CREDENTIALS (--allow-credentials): ") == true, "\(found)")
            #expect(found.first?.contains(entry) == true, "\(found)")
        }
    }
}
