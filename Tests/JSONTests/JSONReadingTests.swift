import JSON
import TestTools
import Testing

struct `Reading JSON` {
    @Test(
        arguments: [
            ("null", .null), (" true ", true), ("\tfalse\r\n", false), ("0", 0), ("-0", JSON.parsed("-0")),
            ("\"\"", ""), ("[]", []), ("{}", [:]), ("[ ]", []), ("{ }", [:]), ("[1,[2]]", [1, [2]]),
            (#"{"a":1,"":null}"#, ["a": 1, "": .null]),
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
            (#""\u0041\u00e9\u20AC""#, "Aé€"), (#""\uD83D\uDE00""#, "😀"), (#""\u0000""#, "\0"),
            ("\"é€😀\u{7F}\"", "é€😀\u{7F}"), (#""a\nb\\""#, "a\nb\\"),
            ("\"$ and 'quotes' and `ticks`\"", "$ and 'quotes' and `ticks`"),
        ] as [(String, JSON)])
    func `accepts what RFC 8259 allows`(text: String, value: JSON) throws {
        #expect(try JSON(parsing: Array(text.utf8)) == value)
    }

    @Test(arguments: ["0", "-0", "0.80", "1e5", "1E+5", "1.5e-07", "-12.0", "123456789012345678901234567890"])
    func `keeps the spelling of a number`(text: String) throws {
        let value = try JSON(parsing: Array(text.utf8))
        #expect(value.serialized() == Array(text.utf8))
    }

    @Test(
        arguments: [
            ("", 1, 1), (" ", 1, 2), ("nul", 1, 1), ("nulls", 1, 1), ("True", 1, 1), ("NaN", 1, 1), ("undefined", 1, 1),
            ("01", 1, 1), ("-", 1, 2), ("-a", 1, 2), ("+1", 1, 1), (".5", 1, 1), ("5.", 1, 3), ("1e", 1, 3),
            ("1e+", 1, 4),
            ("0x10", 1, 2), ("-01", 1, 1), ("1 2", 1, 3), ("[1] x", 1, 5), ("{}}", 1, 3),
            ("[1,]", 1, 4), ("[,1]", 1, 2), ("[1 2]", 1, 4), ("[1", 1, 3), ("[", 1, 2), ("]", 1, 1), ("[1}", 1, 3),
            ("{", 1, 2), ("{\"a\"}", 1, 5), ("{\"a\":}", 1, 6), ("{\"a\":1,}", 1, 8), ("{a:1}", 1, 2),
            ("{'a':1}", 1, 2),
            ("{\"a\":1 \"b\":2}", 1, 8), ("{1:1}", 1, 2), ("{,}", 1, 2), ("{\"a\" 1}", 1, 6), ("{\"a\":1]", 1, 7),
            ("{\"a\":1,\n \"a\":2}", 2, 2), ("{\"a\":1,\"\\u0061\":2}", 1, 8),
            ("'a'", 1, 1), ("`a`", 1, 1), ("\"", 1, 2), ("\"a", 1, 3), ("\"\\\"", 1, 4), ("\"\\", 1, 3),
            ("\"\\x\"", 1, 2), ("\"\\'\"", 1, 2), ("\"\\$\"", 1, 2), ("\"\\\n\"", 1, 2), ("\"a\tb\"", 1, 3),
            ("\"a\nb\"", 1, 3), ("\"\u{1F}\"", 1, 2),
            ("\"\\u12\"", 1, 2), ("\"\\u12g4\"", 1, 2), ("\"\\uD800\"", 1, 2), ("\"\\uDC00\"", 1, 2),
            ("\"\\uDC00\\uDC00\"", 1, 2),
            ("\"é\\uD800\\u0041\"", 1, 3),
            ("\"\\uD800\\n\"", 1, 2), ("\"\\uDBFF\\uDBFF\"", 1, 2),
            ("// c\n1", 1, 1), ("/**/1", 1, 1), ("1;", 1, 2), ("a = 1", 1, 1), ("\u{A0}1", 1, 1), ("\u{FEFF}{}", 1, 1),
            ("1\0", 1, 2),
        ] as [(String, Int, Int)])
    func `refuses what RFC 8259 does not allow and says where`(text: String, line: Int, column: Int) throws {
        let error = try #require(throws: JSONError.self) { try JSON(parsing: Array(text.utf8)) }
        #expect(error.line == line)
        #expect(error.column == column)
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0x80, 0x22], [0x31, 0xFF],
        ] as [[UInt8]])
    func `refuses what is not UTF-8`(bytes: [UInt8]) throws {
        let error = try #require(throws: JSONError.self) { try JSON(parsing: bytes) }
        #expect(error.message == "the text is not UTF-8")
    }

    @Test(arguments: [("[", "]"), ("{\"a\":", "}")])
    func `nests 64 levels deep and no deeper`(open: String, close: String) throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)).utf8)
        }
        #expect(throws: Never.self) { try JSON(parsing: nested(64)) }
        #expect(throws: JSONError.self) { try JSON(parsing: nested(65)) }
        let wide = Array("[\(Array(repeating: "[]", count: 100).joined(separator: ","))]".utf8)
        #expect(throws: Never.self) { try JSON(parsing: wide) }
    }

    @Test(arguments: [2, 15, 16, 17, 18, 400])
    func `refuses a name that is repeated among many`(count: Int) throws {
        let names = (0..<count).map { "\"n\($0)\":0" }
        #expect(throws: Never.self) { try JSON(parsing: Array("{\(names.joined(separator: ","))}".utf8)) }
        for repeated in [0, count - 1] {
            let text = "{\(names.joined(separator: ",")),\"n\(repeated)\":0}"
            #expect(throws: JSONError.self) { try JSON(parsing: Array(text.utf8)) }
        }
    }

    @Test
    func `explains what is wrong with a pasted JavaScript object`() throws {
        let error = try #require(throws: JSONError.self) { try JSON(parsing: Array("{\n  session: {}\n}".utf8)) }
        #expect(
            error.description
                == "line 2, column 3: member names must be in double quotes (this looks like a JavaScript object)")
    }

    @Test
    func `keeps the order of members`() {
        #expect(JSON.parsed(#"{"z":1,"a":2,"m":3}"#).objectValue?.names == ["z", "a", "m"])
    }
}
