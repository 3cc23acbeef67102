import JSON
import Sessions
import TestTools
import Testing

/// JavaScript object literals, which session files may be and request bodies may not.
struct `A session file in JavaScript` {
    private static let json = #"{"session":{"type":"realtime","model":"gpt-realtime-2.1"}}"#

    private static let call =
        "is a call, which a session file cannot make; leave only the object inside its parentheses, from its { to its }"

    @Test(arguments: [
        "{session:{type:'realtime',model:`gpt-realtime-2.1`}}",
        "{'session':{\"type\":'realtime','model':\"gpt-realtime-2.1\",},}",
        "// a\n{/* b */session/**/:{type:\"realtime\"/* , */,// c\nmodel:\"gpt-realtime-2.1\"}}// d",
        "let config = {session:{type:'real\\\ntime',model:\"gpt\\-realtime-2.1\".replace}}",
        "var $a_1={session:{type:'realtime',model:'gpt-realtime-2.1'}};",
        "exports.config = {session:{type:'realtime',model:'gpt-realtime-2.1'}}\n;\n",
    ])
    func `is read as JSON would be`(text: String) throws {
        if text.contains(".replace") {
            #expect(throws: JSONError.self) { try SessionFile.upgraded(Array(text.utf8)) }
        } else {
            #expect(try JSON(parsing: SessionFile.upgraded(Array(text.utf8)) ?? []) == .parsed(Self.json))
        }
    }

    @Test(arguments: [
        (#"{a:'it\'s "so"'}"#, #"it's "so""#), (#"{a:"it's"}"#, "it's"),
        ("{a:`two\n\tlines \\` \\${x} $5 {}`}", "two\n\tlines ` ${x} $5 {}"),
        ("{a:'one \\\nline'}", "one line"), ("{a:'\\u00e9\\n'}", "é\n"), ("{a:''}", ""),
        ("{a:'// no /* comment'}", "// no /* comment"),
    ])
    func `has strings in three kinds of quotes`(text: String, value: String) throws {
        let fixed = try #require(try SessionFile.upgraded(Array(text.utf8)))
        #expect(try JSON(parsing: fixed)["a"] == .string(value))
    }

    @Test(arguments: [
        ("{a:process.env.MODEL}", "1:4: expected a value, found process; write the value itself"),
        ("{a:undefined}", "1:4: expected a value, found undefined; write the value itself"),
        ("{a:True}", "1:4: expected a value, found True; write the value itself"),
        ("{a:'x' + 'y'}", "1:8: expected a comma or '}', found '+'"),
        ("{a:`${x}`}", "1:5: a template with ${…} needs a program to fill it in; write the text itself"),
        ("{a:'x\ny'}", "1:6: line breaks, tabs and other control characters in a string must be escaped"),
        ("{a:1 b:2}", "1:6: expected a comma or '}', found 'b'"),
        ("{a:1,,}", "1:6: expected a member name in double quotes, found ','"),
        ("{a:1} {b:2}", "1:7: expected the end of the text, found '{'"),
        ("{a:1, a:2}", "1:7: the member \"a\" is repeated"),
        ("{a:1 /* x }", "1:6: the comment is not closed"), ("{a:1 / 2}", "1:6: expected a comment, found '/'"),
        ("{...rest}", "1:2: expected a member name in double quotes, found '.'"),
        ("send({})", "1:1: send(…) \(call)"), ("const x = await a.b (\n{})", "1:11: await a.b(…) \(call)"),
        ("export default define({})", "1:16: define(…) \(call)"),
        ("const x: T = new Y({})", "1:14: new Y(…) \(call)"),
        ("function f() {}", "1:1: the text begins with function; leave only the object, from its { to its }"),
        ("const f = async (x) => {}", "1:1: the text begins with const; leave only the object, from its { to its }"),
        ("const f = (x) => {}", "1:1: the text begins with const; leave only the object, from its { to its }"),
        ("{a:.5}", "1:4: expected a value, found '.'"),
        ("{a:0x10}", "1:5: expected a comma or '}', found 'x'"),
        ("{a:'x", "1:6: the string has no closing quote"),
        ("{\"a\":1", "1:7: expected a comma or '}', found the end of the text"),
        ("", "1:1: expected a value, found the end of the text"),
        (#"{a:'\x41'}"#, "1:5: a backslash must be followed by one of \" \\ / b f n r t u"),
        ("{a:[1 2]}", "1:7: expected a comma or ']', found '2'"),
    ])
    func `is refused with the place of an expression`(text: String, finding: String) throws {
        #expect(try SessionDirectory.findings(in: text) == ["error \(finding)"])
    }

    @Test(arguments: [
        "const x: T = \(json);", "export const x: Record<string, {a: 1}> = \(json)", "export default \(json) as const",
        "const x = \(json) satisfies T;\nexport default x;", "const x = \(json)\nmodule.exports = x",
        "import type { T } from 'y';\nimport \"z\"\nlet x: T = \(json) as const satisfies T",
        "{session:{type:'realtime' as const,model:('gpt-realtime-2.1' as string)}}",
        "{session:{type:'realtime' as 'realtime' | 'transcription',model:<string>'gpt-realtime-2.1'}}",
        "{session:{type:'realtime' as T[\"type\"],model:\"gpt-realtime-2.1\" as Array<{a: 1, b: 2}>[]},} as T",
        "{session:{type:'realtime' as const // it's that, voice: 'x'\n,model:'gpt-realtime-2.1' as T /* }, b: 2 */}}",
        "import /* 'x' */ T from 'y' // it's\nconst x: T // = {a: 1}\n | U = \(json)",
    ])
    func `may be TypeScript`(text: String) throws {
        if text.contains("('gpt") || text.contains("<string>'") {
            #expect(throws: JSONError.self) { try SessionFile.upgraded(Array(text.utf8)) }
        } else {
            #expect(try JSON(parsing: SessionFile.upgraded(Array(text.utf8)) ?? []) == .parsed(Self.json))
        }
    }

    @Test(arguments: [
        ("{a:1}\nexport const b = {c:2}", "2:1: expected the end of the text, found 'e'"),
        ("const a = 7", "1:1: the text begins with const; leave only the object, from its { to its }"),
        ("const a: T", "1:1: the text begins with const; leave only the object, from its { to its }"),
        ("import x from 'y'", "1:18: expected a value, found the end of the text"),
        ("{a:1 as const b:2}", "1:16: expected a comma or '}', found ':'"),
        ("{a:'x' as T + 'y'}", "1:13: expected the end of a type, found '+'"),
        ("{a:'' as T || 'y'}", "1:12: expected the end of a type, found '|'"),
        ("{a:1 as T ? 2 : 3}", "1:11: expected the end of a type, found '?'"),
        ("{a:1 as T / 2}", "1:11: expected a comment, found '/'"),
    ])
    func `cannot hide a second statement`(text: String, finding: String) throws {
        #expect(try SessionDirectory.findings(in: text).first == "error \(finding)")
    }

    @Test
    func `has a warning, also about lost comments`() throws {
        let text = "{session:{type:'realtime',/*c*/model:'gpt-realtime-2.1'}}"
        #expect(
            try SessionDirectory.findings(in: text) == [
                "warning 1:2: the file is a JavaScript object literal, not JSON; "
                    + "ephemerald check --fix writes JSON (without the comments)"
            ])
    }
}
