import Testing
import Text

@Suite struct `Digits that are written in place` {
    @Test func `of numbers in decimal have zeros before them, and keep what is around them`() {
        var numbers: [UInt64] = [0, 1, 9, 10, 99, 9_999, 10_000, 99_999_999, 100_000_000, 1_795_867_200_123, 1 << 62]
        var generator = SystemRandomNumberGenerator()
        numbers += (0..<10_000).map { _ in UInt64.random(in: 0..<10_000_000_000_000_000_000, using: &generator) }
        for number in numbers {
            for count in [3, 8, 13, 19] {
                var text = [UInt8](repeating: UInt8(ascii: "."), count: count + 2)
                var span = text.mutableSpan
                span.write(digits: count, of: number, at: 1)
                let digits = String(repeating: "0", count: count) + "\(number)"
                #expect(String(decoding: text, as: UTF8.self) == ".\(digits.suffix(count)).")
            }
        }
    }

    @Test func `of numbers in hexadecimal are as many as the number has bits for`() {
        var generator = SystemRandomNumberGenerator()
        let random = (0..<1_000).map { _ in UInt128.random(in: 0 ... .max, using: &generator) }
        for number in [0, 1, 0x0123_4567_89AB_CDEF, .max] + random {
            let digits = String(number, radix: 16)
            let text = String(repeating: "0", count: 32 - digits.utf8.count) + digits
            #expect(number.hexadecimal == text)
            #expect(UInt64(truncatingIfNeeded: number).hexadecimal == text.suffix(16))
            #expect(UInt128(hexadecimalDigits: text) == number)
        }
        for other in [
            "", String(repeating: "0", count: 31), String(repeating: "A", count: 32),
            "+" + String(repeating: "1", count: 31),
        ] {
            #expect(UInt128(hexadecimalDigits: other) == nil)
        }
    }
}
