import Foundation
import JSON
import TestTools
import Testing

/// Foundation's reader and ours must agree on random documents, whole and damaged.
struct `Our JSON and Foundation's` {
    @Test(arguments: 0..<20)
    func `read each other's writing`(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        for _ in 0..<50 {
            let document = Self.document(depth: 4, &random)
            let theirs = try JSONSerialization.data(withJSONObject: document, options: [.fragmentsAllowed])
            let read = try JSON(parsing: Array(theirs))
            for written in [read.serialized(), read.prettyPrinted()] {
                let back = try JSONSerialization.jsonObject(with: Data(written), options: [.fragmentsAllowed])
                #expect((back as? NSObject)?.isEqual(document) == true)
                #expect(try JSON(parsing: written) == read)
            }
        }
    }

    @Test(arguments: 0..<20)
    func `agree that a damaged document is refused`(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed) + 1000)
        for _ in 0..<200 {
            let document = Self.document(depth: 3, &random)
            var bytes = Array(try JSONSerialization.data(withJSONObject: document, options: [.fragmentsAllowed]))
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(Array("{}[],:\"\\0. x".utf8).randomElement(using: &random) ?? 0, at: place)
            default: bytes[place] ^= 1 << UInt8.random(in: 0..<7, using: &random)
            }
            let foundationReads =
                (try? JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])) != nil
            let weRead = (try? JSON(parsing: bytes)) != nil
            // Our reader is stricter (repeated names), so it is a fault only if it accepts more.
            if weRead { #expect(foundationReads, "\(bytes)") }
        }
    }

    private static func document(depth: Int, _ random: inout SplitMix64) -> NSObject {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &random) {
        case 0: return NSNull()
        case 1: return NSNumber(value: Bool.random(using: &random))
        case 2: return NSNumber(value: Int.random(in: -1_000_000...1_000_000, using: &random))
        case 3: return NSNumber(value: Double(Int.random(in: -4000...4000, using: &random)) / 8)
        case 4: return NSString(string: text(&random))
        case 5:
            return NSArray(
                array: (0..<Int.random(in: 0..<5, using: &random)).map { _ in document(depth: depth - 1, &random) })
        default:
            let members = NSMutableDictionary()
            for _ in 0..<Int.random(in: 0..<5, using: &random) {
                members.setObject(document(depth: depth - 1, &random), forKey: NSString(string: text(&random)))
            }
            return members
        }
    }

    private static func text(_ random: inout SplitMix64) -> String {
        let alphabet = Array("abc{}[]\":,\\/\n\t\u{1}\u{1F}é€😀\u{2028} 0")
        return String(
            (0..<Int.random(in: 0..<9, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) })
    }
}
