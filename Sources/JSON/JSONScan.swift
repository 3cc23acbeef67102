import Text

/// Reads selected members in one pass over the bytes, where a text has nothing unusual in it.
///
/// It gives up where the exact reader must decide or say what is wrong: at any error, at an escape in a name or in a
/// value that is kept, at `\u`, at a kept value other than a plain string or integer, and at a repeated name. An answer of
/// an upstream has none of these, and takes half the time of the exact reader.
struct JSONScan {
    private let bytes: [UInt8]

    /// The selected members of the text; nil when the exact reader must read it.
    static func object(in bytes: [UInt8], only selection: JSONSelection) -> JSONObject? {
        let text = bytes.span
        guard (try? UTF8Span(validating: text)) != nil else { return nil }
        let start = text.afterSpace(0)
        guard start < text.count, text[start] == UInt8(ascii: "{") else { return nil }
        let scan = JSONScan(bytes: bytes)
        guard let (object, end) = scan.object(in: text, from: start, only: selection, depth: 1) else { return nil }
        return text.afterSpace(end) == text.count ? object : nil
    }

    /// The selected members of the object at `start`, and the index after it.
    private func object(
        in text: Span<UInt8>, from start: Int, only selection: JSONSelection, depth: Int
    ) -> (JSONObject, Int)? {
        guard depth <= JSONReader.depthLimit else { return nil }
        var members: [JSONObject.Member] = []
        members.reserveCapacity(4)
        var found: UInt64 = 0
        var index = text.afterSpace(start + 1)
        if index < text.count, text[index] == UInt8(ascii: "}") { return (JSONObject(), index + 1) }
        while true {
            guard index < text.count, text[index] == UInt8(ascii: "\"") else { return nil }
            let nameEnd = text.endOfPlainString(index + 1)
            guard nameEnd > 0 else { return nil }
            let value = text.afterColon(nameEnd + 1)
            guard value > 0, value < text.count else { return nil }
            if let position = selection.position(of: text, from: index + 1, to: nameEnd) {
                let bit: UInt64 = 1 << position
                guard position < 64, found & bit == 0 else { return nil }
                found |= bit
                guard let (kept, end) = self.value(in: text, at: value, of: selection, position, depth: depth) else {
                    return nil
                }
                members.append(kept)
                index = end
            } else {
                index = text.afterValue(value, depth: depth)
                guard index > 0 else { return nil }
            }
            index = text.afterSpace(index)
            guard index < text.count else { return nil }
            if text[index] == UInt8(ascii: "}") { return (JSONObject(distinct: members), index + 1) }
            guard text[index] == UInt8(ascii: ",") else { return nil }
            index = text.afterSpace(index + 1)
        }
    }

    /// The selected member whose value is at `start`, and the index after it.
    private func value(
        in text: Span<UInt8>, at start: Int, of selection: JSONSelection, _ position: Int, depth: Int
    ) -> (JSONObject.Member, Int)? {
        let (name, part) = selection.entry(at: position)
        switch text[start] {
        case UInt8(ascii: "\""):
            let end = text.endOfPlainString(start + 1)
            guard end > 0 else { return nil }
            return (.init(name, .string(String(decoding: bytes[(start + 1)..<end], as: UTF8.self))), end + 1)
        case UInt8(ascii: "1")...UInt8(ascii: "9"):
            let end = text.afterDigits(start)
            let spelling = String(decoding: bytes[start..<end], as: UTF8.self)
            // A fraction or an exponent, where a comma or a bracket must follow, ends the scan.
            return (.init(name, .number(JSONNumber(checkedSpelling: spelling))), end)
        case UInt8(ascii: "{"):
            guard let part else { return nil }
            guard let (object, end) = object(in: text, from: start, only: part, depth: depth + 1) else { return nil }
            return (.init(name, .object(object)), end)
        default: return nil
        }
    }
}

/// Steps over parts of a text: each function returns the index after the part, or -1 when it gives up.
extension Span<UInt8> {
    fileprivate func afterSpace(_ start: Int) -> Int {
        var index = start
        while index < count {
            let byte = self[index]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
            index &+= 1
        }
        return index
    }

    /// The index of the quote that ends a string without escapes.
    fileprivate func endOfPlainString(_ start: Int) -> Int {
        let end = firstEscaped(from: start)
        return end < count && self[end] == UInt8(ascii: "\"") ? end : -1
    }

    /// The index of the value after a name.
    fileprivate func afterColon(_ start: Int) -> Int {
        let colon = afterSpace(start)
        return colon < count && self[colon] == UInt8(ascii: ":") ? afterSpace(colon + 1) : -1
    }

    fileprivate func afterDigits(_ start: Int) -> Int {
        var index = start
        while index < count, self[index] &- UInt8(ascii: "0") < 10 { index &+= 1 }
        return index
    }

    /// - Parameter depth: how many brackets are open.
    fileprivate func afterValue(_ start: Int, depth: Int) -> Int {
        guard start < count else { return -1 }
        switch self[start] {
        case UInt8(ascii: "\""): return afterString(start + 1)
        case UInt8(ascii: "{"): return afterElements(start + 1, named: true, depth: depth + 1)
        case UInt8(ascii: "["): return afterElements(start + 1, named: false, depth: depth + 1)
        case UInt8(ascii: "t"): return afterWord(start, "true")
        case UInt8(ascii: "f"): return afterWord(start, "false")
        case UInt8(ascii: "n"): return afterWord(start, "null")
        default: return afterNumber(start)
        }
    }

    private func afterElements(_ start: Int, named: Bool, depth: Int) -> Int {
        guard depth <= JSONReader.depthLimit else { return -1 }
        let close = named ? UInt8(ascii: "}") : UInt8(ascii: "]")
        var index = afterSpace(start)
        if index < count, self[index] == close { return index + 1 }
        while true {
            if named {
                guard index < count, self[index] == UInt8(ascii: "\"") else { return -1 }
                let end = endOfPlainString(index + 1)
                guard end > 0 else { return -1 }
                index = afterColon(end + 1)
                guard index > 0 else { return -1 }
            }
            index = afterValue(index, depth: depth)
            guard index > 0 else { return -1 }
            index = afterSpace(index)
            guard index < count else { return -1 }
            if self[index] == close { return index + 1 }
            guard self[index] == UInt8(ascii: ",") else { return -1 }
            index = afterSpace(index + 1)
        }
    }

    private func afterString(_ start: Int) -> Int {
        var index = firstEscaped(from: start)
        while index < count, self[index] == UInt8(ascii: "\\") {
            guard index + 1 < count else { return -1 }
            switch self[index + 1] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
                UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
                break
            default: return -1
            }
            index = firstEscaped(from: index + 2)
        }
        return index < count && self[index] == UInt8(ascii: "\"") ? index + 1 : -1
    }

    private func afterNumber(_ start: Int) -> Int {
        let integer = self[start] == UInt8(ascii: "-") ? start + 1 : start
        var index = afterDigits(integer)
        guard index > integer, self[integer] != UInt8(ascii: "0") || index == integer + 1 else { return -1 }
        if index < count, self[index] == UInt8(ascii: ".") {
            let fraction = index + 1
            index = afterDigits(fraction)
            guard index > fraction else { return -1 }
        }
        if index < count, self[index] | 0x20 == UInt8(ascii: "e") {
            var exponent = index + 1
            if exponent < count, self[exponent] == UInt8(ascii: "+") || self[exponent] == UInt8(ascii: "-") {
                exponent += 1
            }
            index = afterDigits(exponent)
            guard index > exponent else { return -1 }
        }
        return index
    }

    private func afterWord(_ start: Int, _ word: String) -> Int {
        let word = word.utf8
        guard start + word.count <= count else { return -1 }
        var index = start
        for byte in word {
            guard self[index] == byte else { return -1 }
            index &+= 1
        }
        return index
    }
}
