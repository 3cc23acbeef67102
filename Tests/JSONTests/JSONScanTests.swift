import JSON
import TestTools
import Testing

/// The scan and the exact reader must agree on random texts, whole and damaged, down to the error.
struct `The scan for selected members` {
    private static let selections: [JSONSelection] = [
        ["value", "expires_at", "session.id", "session.model"], ["value", "expires_at", "session"],
        ["error", "code", "type", "message"], ["a.b.c", "a.b.d", ""],
    ]

    @Test(arguments: 0..<40)
    func `agrees with the exact reader`(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        var kept = 0
        for _ in 0..<100 {
            var text = Array(Self.object(depth: 4, &random).utf8)
            if Bool.random(using: &random) { Self.damage(&text, &random) }
            for selection in Self.selections {
                let exact = Self.result { () throws(JSONError) in try JSON(parsingExactly: text, only: selection) }
                let scanned = Self.result { () throws(JSONError) in try JSON(parsing: text, only: selection) }
                #expect(scanned == exact, "\(String(decoding: text, as: UTF8.self))")
                if case .success(let object) = exact, object.objectValue?.isEmpty == false { kept += 1 }
            }
        }
        #expect(kept > 20, "the texts have selected members")
    }

    @Test(arguments: [63, 64, 65])
    func `agrees about depth`(depth: Int) throws {
        let arrays = String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1)
        let text = Array(#"{"x":\#(arrays),"value":"v"}"#.utf8)
        let exact = Self.result { () throws(JSONError) in try JSON(parsingExactly: text, only: ["value"]) }
        let scanned = Self.result { () throws(JSONError) in try JSON(parsing: text, only: ["value"]) }
        #expect(scanned == exact)
        #expect((try? scanned.get()) == (depth <= 64 ? ["value": "v"] : nil))
    }

    private static func result(_ read: () throws(JSONError) -> JSON) -> Result<JSON, JSONError> {
        do throws(JSONError) { return .success(try read()) } catch { return .failure(error) }
    }

    private static func damage(_ text: inout [UInt8], _ random: inout SplitMix64) {
        let place = Int.random(in: 0..<text.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: text.remove(at: place)
        case 1: text.insert(Array("{}[],:\"\\0.- xeu\n".utf8).randomElement(using: &random) ?? 0, at: place)
        case 2: text[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 3: text.removeSubrange(place...)
        default: text.append(Array(" \n{}],0\u{0}".utf8).randomElement(using: &random) ?? 0)
        }
    }

    private static func object(depth: Int, _ random: inout SplitMix64) -> String {
        let members = (0..<Int.random(in: 0..<7, using: &random)).map { _ in
            "\(space(&random))\(name(&random))\(space(&random)):\(value(depth: depth - 1, &random))"
        }
        return "{\(members.joined(separator: ","))\(space(&random))}"
    }

    private static func value(depth: Int, _ random: inout SplitMix64) -> String {
        let text: String
        switch Int.random(in: 0..<(depth > 0 ? 10 : 6), using: &random) {
        case 0:
            let isOdd = Int.random(in: 0..<30, using: &random) == 0
            let words = isOdd ? ["True", "nul", "01", "1.", "2e-", "-", "+1", ".5"] : ["true", "false", "null"]
            text = words.randomElement(using: &random) ?? ""
        case 1, 2:
            let numbers = ["0", "17", "1764300000", "-1", "-0", "1.5", "2e3", "2E+3", "1.50e07"]
            text = numbers.randomElement(using: &random) ?? ""
        case 3, 4, 5: text = string(&random)
        case 6:
            let elements = (0..<Int.random(in: 0..<4, using: &random)).map { _ in value(depth: depth - 1, &random) }
            text = "[\(elements.joined(separator: ","))]"
        default: text = object(depth: depth, &random)
        }
        return space(&random) + text + space(&random)
    }

    private static func name(_ random: inout SplitMix64) -> String {
        let names = [
            "value", "expires_at", "session", "id", "model", "error", "code", "message", "a", "b", "c", "d", "", "x",
            "y",
            "tools", "object", "audio", "valu\\u0065", "x\\n", "valuf", "é",
        ]
        return "\"\(names.randomElement(using: &random) ?? "")\""
    }

    private static func string(_ random: inout SplitMix64) -> String {
        let pieces = [
            "a", "ek_", " ", "é", "😀", "\\n", "\\\"", "\\\\", "\\/", "\\u00e9", "\\ud83d\\ude00", "$", "${", "/",
        ]
        let odd = ["\\ud83d", "\\x", "\t", "'", "\\u12"]
        let length = Int.random(in: 0..<6, using: &random)
        var text = (0..<length).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
        if Int.random(in: 0..<20, using: &random) == 0 { text += odd.randomElement(using: &random) ?? "" }
        return "\"\(text)\""
    }

    private static func space(_ random: inout SplitMix64) -> String {
        ["", "", "", " ", "\n\t", "\r "].randomElement(using: &random) ?? ""
    }
}
