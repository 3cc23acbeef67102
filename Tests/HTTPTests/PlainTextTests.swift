import Testing
import Text

/// Texts are looked at eight bytes at a time, so every byte is tried at each place of eight, and after each neighbour that
/// could hide it.
@Suite struct `Bytes of a text` {
    private static func isEscaped(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x22 || byte == 0x5C }

    @Test(arguments: [7, 8, 9, 21], [0x21, 0x23, 0x5D, 0x7E])
    func `that JSON escapes are found`(count: Int, neighbour: UInt8) {
        var wrong: [String] = []
        for byte in UInt8.min...UInt8.max {
            let (isEscaped, isPrintable) = (Self.isEscaped(byte), (0x20...0x7E).contains(byte))
            for place in 0..<count {
                var bytes = [UInt8](repeating: neighbour, count: count)
                bytes[place] = byte
                for start in 0...count {
                    let isRight = bytes.span.firstEscaped(from: start) == (isEscaped && start <= place ? place : count)
                    if !isRight { wrong.append("\(byte) at \(place) from \(start)") }
                }
                if bytes.span.isPlain != (isPrintable && !isEscaped) { wrong.append("\(byte) at \(place)") }
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test func `of no text are plain`() {
        let none: [UInt8] = []
        let (isPlain, escaped) = (none.span.isPlain, none.span.firstEscaped(from: 0))
        #expect(isPlain)
        #expect(escaped == 0)
    }
}
