import JSON
import Sessions
import Text
import Testing

/// Patterns, tested by a variable that must match one.
struct `A pattern` {
    private static func session(_ pattern: String, maxLength: Int = 200) throws -> Session {
        let file: JSON = [
            "session": ["type": "realtime", "model": "gpt-realtime-2.1", "instructions": "{{v}}"],
            "access": ["variables": ["v": ["maxLength": .number(JSONNumber(maxLength)), "pattern": .string(pattern)]]],
        ]
        return try SessionDirectory.session(file.description)
    }

    @Test(arguments: [
        ("abc", ["abc"], ["", "ab", "abcd", "xabc", "ABC"]), ("^abc$", ["abc"], ["abcabc"]),
        ("a|bc|d", ["a", "bc", "d"], ["ab", "abc", "b", ""]),
        ("a?b", ["b", "ab"], ["aab", "a", ""]), ("a*", ["", "a", "aaaa"], ["b", "ab"]), ("a+", ["a", "aa"], [""]),
        ("a{2}", ["aa"], ["a", "aaa"]), ("a{2,}", ["aa", "aaaaa"], ["a"]), ("a{0,2}", ["", "a", "aa"], ["aaa"]),
        ("a{1,3}b", ["ab", "aaab"], ["b", "aaaab"]),
        ("(ab)+c", ["abc", "ababc"], ["c", "abac"]), ("(?:a|b){2}", ["ab", "ba", "aa"], ["a", "abc"]),
        ("(a|b(c|d))*e", ["e", "abce", "bdae"], ["be", "ace"]),
        ("[a-c]", ["a", "b", "c"], ["d", "-", ""]), ("[^a-c]", ["d", "\n", "é"], ["a"]), ("[-a]", ["-", "a"], ["b"]),
        ("[a-]", ["-", "a"], ["b"]),
        ("[\\d.x-]+", ["1.x-"], ["y"]), ("[\\]\\\\^]", ["]", "\\", "^"], ["a"]), ("[.]", ["."], ["a"]),
        (".", ["a", "é", "😀"], ["", "\n", "\r", "ab"]),
        ("\\d\\D", ["1a"], ["a1", "11", "١a"]), ("\\w+", ["aZ_9"], ["a-b", "é"]), ("\\W", ["-", "é"], ["a"]),
        ("\\s\\S", [" a", "\ta", "\na"], ["a ", "aa"]),
        ("\\p{L}+", ["Zoë", "Łódź", "李"], ["a1", "a b"]), ("\\P{L}", ["1", " "], ["a"]), ("\\p{N}", ["1", "١"], ["a"]),
        ("\\P{N}", ["a"], ["1"]),
        ("[\\p{L} '-]{1,40}", ["Anne-Marie O'Brien"], ["Anne1", ""]),
        ("\\.\\*\\?\\+\\(\\)\\[\\{\\|\\^\\$", [".*?+()[{|^$"], ["a"]), ("\\n\\r\\t", ["\n\r\t"], ["nrt"]),
        ("😀{2}", ["😀😀"], ["😀"]), ("e\u{301}", ["e\u{301}"], ["e"]), ("(a*)*b", ["b", "aab"], ["a"]),
        ("(a|a)*", ["aaaa"], ["b"]), ("(a?){3}", ["", "aaa"], ["aaaa"]),
        (String(repeating: "(a)", count: 40), [String(repeating: "a", count: 40)], ["a"]),
    ])
    func `describes whole texts`(pattern: String, matching: [String], other: [String]) throws {
        let session = try Self.session(pattern)
        for text in matching {
            #expect(throws: Never.self) { try session.body(overrides: [:], variables: ["v": .string(text)]) }
        }
        for text in other {
            #expect(throws: Invalid.self) { try session.body(overrides: [:], variables: ["v": .string(text)]) }
        }
    }

    @Test(arguments: [
        "", "(", "(a", "a)", "()", "a||b", "|a", "*a", "a**", "a+?", "a{2", "a{,2}", "a{3,2}", "a{x}", "a{1}{2}", "[",
        "[a", "[]", "[b-a]", "[a-\\d]", "a\\",
        "\\q", "\\1", "\\b", "(?=a)", "(?<n>a)", "a^b", "a$b", "]", "}", "{2}", "a{1001}", "a{0}", "a{0,0}",
        "(((a{0}){1000}){1000}){1000}",
        "(a{100}){100}",
        "((((((((a{9}){9}){9}){9}){9}){9}){9}){9})",
        "\\p{Lu}", String(repeating: "(", count: 40) + "a" + String(repeating: ")", count: 40), "^", "$",
    ])
    func `is refused when it is not valid`(pattern: String) throws {
        let error = try #require(throws: SessionDirectory.NotLoaded.self) { try Self.session(pattern) }
        #expect(error.findings.first?.hasPrefix("x.json: access.variables.v.pattern: ") == true)
    }

    @Test(arguments: [
        ("a**", "has two repetitions in a row"), ("a\\", "ends in a backslash"), ("(a", "has a ( without )"),
        ("\\q", "has \\q, which is not supported"), ("(?=a)", "has a group of an unsupported kind"),
        (String(repeating: "(", count: 33), "has groups nested more than 32 deep"), ("[a", "has a [ without ]"),
        ("[]", "has [ ] with nothing in it"), ("a{3,2}", "has a repetition that is not {2}, {2,} or {2,5}"),
        ("[b-a]", "has a range in [ ] that does not run from a character up to another"),
        ("a]", "has ] where a character is expected"),
        ("a)", "has ) where it does not belong; a backslash makes it a character"),
        ("a||b", "has an empty alternative; write (…)? for what may be absent"),
        ("(a{100}){100}", "is too long once its repetitions are written out"),
    ])
    func `is refused with the reason`(pattern: String, reason: String) throws {
        let error = try #require(throws: SessionDirectory.NotLoaded.self) { try Self.session(pattern) }
        #expect(error.findings.first == "x.json: access.variables.v.pattern: \(reason)")
    }

    @Test(arguments: ["(a+)+b", "(a|a)*b", "(a*)*b", "(a|aa)+b", "(.*)*x(.*)*y"])
    func `takes time that grows with the text and no faster`(pattern: String) throws {
        let session = try Self.session(pattern, maxLength: 5000)
        let text = JSON.string(String(repeating: "a", count: 5000))
        let duration = ContinuousClock().measure {
            #expect(throws: Invalid.self) { try session.body(overrides: [:], variables: ["v": text]) }
        }
        // An engine that backtracks would need longer than the age of the universe.
        #expect(duration < .seconds(20))
    }

    @Test(arguments: [
        ("[\\p{L} '-]{1,40}", 1000), ("a*", 50_000), (".{1,200}", 333), ("(a{1,200}|b{1,200})*", 249),
        ("[aeiou]+", 22_222),
    ])
    func `has a budget that limits maxLength`(pattern: String, length: Int) throws {
        let most = min(length, 10_000)
        #expect(throws: Never.self) { try Self.session(pattern, maxLength: most) }
        guard most == length else { return }
        let error = try #require(throws: SessionDirectory.NotLoaded.self) {
            try Self.session(pattern, maxLength: length + 1)
        }
        #expect(
            error.findings.first == "x.json: access.variables.v.pattern: is too costly for texts of \(length + 1) "
                + "characters; with it maxLength may be at most \(length)")
    }
}
