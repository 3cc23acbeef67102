import JSON
import TestTools
import Testing

struct `Writing JSON` {
    @Test(arguments: [
        #"{"a":[1,-2.50,true,false,null,"x",{}],"b":{"c":[]}}"#, #""\"\\\b\t\n\f\r\u0000\u001f""#, #""/é€😀""#, "[]",
        "{}",
        #"{"\n":1}"#,
    ])
    func `writes what it read on one line`(text: String) {
        #expect(JSON.parsed(text).description == text)
    }

    @Test
    func `pretty-prints with two spaces and plain arrays on one line`() {
        let value: JSON = ["session": ["modalities": ["a", 1], "tools": [], "none": [:]], "list": [["x": .null], 2]]
        let pretty = """
            {
              "session": {
                "modalities": ["a", 1],
                "tools": [],
                "none": {}
              },
              "list": [
                {
                  "x": null
                },
                2
              ]
            }

            """
        #expect(String(decoding: value.prettyPrinted(), as: UTF8.self) == pretty)
    }

    @Test(arguments: [
        ("1", "1.0", true), ("1", "2", false), ("[1]", "[1e0]", true), ("[1]", "[1,1]", false),
        ("\"a\"", "\"a\"", true),
        (#"{"a":1,"b":2}"#, #"{"b":2.0,"a":1}"#, true), (#"{"a":1}"#, #"{"b":1}"#, false),
        (#"{"a":1}"#, #"{"a":1,"b":1}"#, false), (#"{"a":1}"#, #"{"a":2}"#, false), ("null", "false", false),
        ("1", "\"1\"", false),
    ])
    func `compares by meaning`(one: String, other: String, isSame: Bool) {
        #expect(JSON.parsed(one).means(JSON.parsed(other)) == isSame)
        #expect(JSON.parsed(other).means(JSON.parsed(one)) == isSame)
    }

    @Test
    func `replaces, adds, removes and prepends members in place`() {
        var object: JSONObject = ["a": 1, "b": 2, "c": 3]
        object["b"] = 20
        object["d"] = 4
        object["a"] = nil
        object["x"] = nil
        #expect(JSON.object(object).description == #"{"b":20,"c":3,"d":4}"#)
        object.prepend("d", 5)
        #expect(JSON.object(object).description == #"{"d":5,"b":20,"c":3}"#)
    }

    @Test(
        arguments: [("200", 200), ("-3", -3), ("200.0", nil), ("2e2", nil), ("99999999999999999999", nil)]
            as [(String, Int?)])
    func `reads integers only from integer spellings`(text: String, integer: Int?) {
        #expect(JSON.parsed(text).numberValue?.integer == integer)
    }
}
