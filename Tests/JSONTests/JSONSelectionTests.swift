import JSON
import Testing

struct `Reading selected members` {
    private static let selection: JSONSelection = ["value", "expires_at", "session.id", "session.audio.output"]

    @Test(arguments: [
        (
            #"{"value":"ek_1","expires_at":17,"session":{"id":"s","tools":[{"a":"\n"}],"audio":{"input":1,"output":{"v":[1]}}}}"#,
            #"{"value":"ek_1","expires_at":17,"session":{"id":"s","audio":{"output":{"v":[1]}}}}"#
        ),
        (" { } ", "{}"), (#"{"other":{"value":1}}"#, "{}"), (#"{"valu\u0065":1,"values":2}"#, #"{"value":1}"#),
        (#"{"session":null,"value":[1,{"x":2}]}"#, #"{"session":null,"value":[1,{"x":2}]}"#),
        (#"{"session":"text"}"#, #"{"session":"text"}"#), (#"{"x":1,"x":2,"y":["","\u00e9",-1.5e3,true,null]}"#, "{}"),
        (#"{"session":{"session":{"id":1}}}"#, #"{"session":{}}"#),
    ])
    func `keeps the selected members`(text: String, kept: String) throws {
        #expect(try JSON(parsing: Array(text.utf8), only: Self.selection).description == kept)
    }

    @Test(arguments: [
        "", "[]", "null", "\"value\"", "<html>", #"{"value":1"#, #"{"value":1}x"#, #"{"value":1,"value":2}"#,
        #"{"session":{"id":1,"id":2}}"#, #"{"x":[1,]}"#, #"{"x":{"a" 1}}"#, #"{"x":{a:1}}"#, #"{"x":tru}"#,
        #"{"x":"\uD800"}"#,
        "{\"x\":\"\n\"}", #"{"x":01}"#, #"{"x":[1}"#, #"{"x":'1'}"#, "{\"x\":\"\\x\"}", "{\"x\"", "{\"x\":",
        "{\"x\":" + String(repeating: "[", count: 64) + String(repeating: "]", count: 64) + "}",
    ])
    func `refuses garbage in what is skipped as well`(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: Array(text.utf8), only: Self.selection) }
    }

    @Test
    func `refuses bytes that are not UTF-8 in what is skipped`() {
        let bytes = Array("{\"x\":\"".utf8) + [0xFF] + Array("\"}".utf8)
        #expect(throws: JSONError.self) { try JSON(parsing: bytes, only: Self.selection) }
    }

    @Test
    func `prefers a whole member to a part of it`() throws {
        let text = #"{"session":{"id":1,"x":2}}"#
        let whole: JSONSelection = ["session.id", "session"]
        #expect(try JSON(parsing: Array(text.utf8), only: whole).description == text)
        let alsoWhole: JSONSelection = ["session", "session.id"]
        #expect(try JSON(parsing: Array(text.utf8), only: alsoWhole).description == text)
    }
}
