/// An IP address of either family as one 128-bit number; an IPv4 address is its IPv4-mapped IPv6 form
/// (RFC 4291 section 2.5.5.2), so that `192.0.2.1` and `::ffff:192.0.2.1` are equal.
package struct IPAddress: Hashable, Sendable {
    // Two words, because an object with a member of 128 bits is allocated with an alignment that malloc does not give.
    private let high: UInt64
    private let low: UInt64

    /// Most significant first.
    package var bits: UInt128 { UInt128(high) << 64 | UInt128(low) }

    private static let mappedPrefix: UInt128 = 0xFFFF << 32

    /// An IPv4 address has the prefix `::ffff:0:0/96`.
    package init(bits: UInt128) {
        high = UInt64(truncatingIfNeeded: bits >> 64)
        low = UInt64(truncatingIfNeeded: bits)
    }

    /// An IPv4 address from its 32 bits, most significant first.
    package init(v4: UInt32) {
        self.init(bits: IPAddress.mappedPrefix | UInt128(v4))
    }

    /// Reads the textual form: dotted decimal without leading zeros, or RFC 4291 section 2.2. No port, no brackets, no zone.
    package init?(_ text: some StringProtocol) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let bits = IPAddress.parseV6(text) else { return nil }
            self.init(bits: bits)
        } else {
            guard let v4 = IPAddress.parseV4(text) else { return nil }
            self.init(v4: v4)
        }
    }

    /// Whether a text looks like an address or a network, even one with a mistake such as `192.0.2.300` or `10.0.0.0/33`:
    /// it has two separators at least, and only digits besides, or with a colon hexadecimal digits.
    package static func isMeant(by text: some StringProtocol) -> Bool {
        let isV6 = text.utf8.contains(UInt8(ascii: ":"))
        var separators = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "/"): separators += 1
            case 0x30...0x39: break
            case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"),
                UInt8(ascii: "["), UInt8(ascii: "]"):
                guard isV6 else { return false }
            default: return false
            }
        }
        return separators >= 2
    }

    /// Whether it is an IPv4 address, in whichever form it was written.
    package var isV4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// Whether it is in 127.0.0.0/8, or `::1`.
    package var isLoopback: Bool {
        isV4 ? UInt8(truncatingIfNeeded: bits >> 24) == 127 : bits == 1
    }

    /// Four decimal bytes without leading zeros, which some readers read as octal.
    private static func parseV4(_ text: some StringProtocol) -> UInt32? {
        var value: UInt32 = 0
        var part: UInt32?
        var dots = 0
        for byte in text.utf8 {
            switch (byte, part) {
            case (0x30...0x39, nil): part = UInt32(byte - 0x30)
            case (0x30...0x39, let high?) where high > 0 && high < 26: part = high * 10 + UInt32(byte - 0x30)
            case (UInt8(ascii: "."), let done?) where done < 256 && dots < 3:
                (value, part, dots) = (value << 8 | done, nil, dots + 1)
            default: return nil
            }
        }
        guard dots == 3, let part, part < 256 else { return nil }
        return value << 8 | part
    }

    private static func parseV6(_ text: some StringProtocol) -> UInt128? {
        let halves = text.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        guard let head = groups(halves[0]) else { return nil }
        if halves.count == 1 { return head.count == 8 ? assemble(head) : nil }
        // Dotted decimal may only end the whole address, so it may not come before the gap.
        guard !halves[0].utf8.contains(UInt8(ascii: ".")), !halves[1].contains("::"), let tail = groups(halves[1]),
            head.count + tail.count <= 7
        else { return nil }
        return assemble(head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail)
    }

    /// The 16-bit groups of one side of `::`; the last may be an IPv4 address in dotted form.
    private static func groups(_ text: some StringProtocol) -> [UInt16]? {
        if text.isEmpty { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if part.utf8.contains(UInt8(ascii: ".")), index == parts.count - 1 {
                guard let v4 = parseV4(part) else { return nil }
                groups += [UInt16(truncatingIfNeeded: v4 >> 16), UInt16(truncatingIfNeeded: v4)]
            } else {
                guard (1...4).contains(part.utf8.count),
                    part.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        return groups
    }

    private static func assemble(_ groups: [UInt16]) -> UInt128 {
        groups.reduce(0) { $0 << 16 | UInt128($1) }
    }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted decimal for IPv4, RFC 5952 for IPv6.
    package var description: String {
        guard isV4 else { return v6Description }
        var text: [UInt8] = []
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the same text, without making a `String` for IPv4.
    package func append(to text: inout [UInt8]) {
        guard isV4 else { return text += v6Description.utf8 }
        text.append(addingCapacity: 15) { text in
            for place in 0..<4 {
                let byte = UInt8(truncatingIfNeeded: low >> UInt64(24 - 8 * place))
                if place > 0 { text.append(UInt8(ascii: ".")) }
                if byte > 99 { text.append(0x30 + byte / 100) }
                if byte > 9 { text.append(0x30 + byte / 10 % 10) }
                text.append(0x30 + byte % 10)
            }
        }
    }

    /// RFC 5952 in hexadecimal groups throughout, for an IPv4 address `::ffff:c000:201`: the URL standard's host serialiser.
    package var v6Description: String {
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> (112 - 16 * $0)) }
        guard let gap = IPAddress.longestRunOfZeros(groups) else {
            return groups.map { String($0, radix: 16) }.joined(separator: ":")
        }
        let head = groups[..<gap.lowerBound].map { String($0, radix: 16) }.joined(separator: ":")
        let tail = groups[gap.upperBound...].map { String($0, radix: 16) }.joined(separator: ":")
        return "\(head)::\(tail)"
    }

    /// The first of the longest runs of two or more zero groups, which RFC 5952 section 4.2 writes as `::`.
    private static func longestRunOfZeros(_ groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        for index in 0...groups.count where index == groups.count || groups[index] != 0 {
            let run = start..<index
            if run.count >= 2, run.count > (best?.count ?? 0) { best = run }
            start = index + 1
        }
        return best
    }
}
