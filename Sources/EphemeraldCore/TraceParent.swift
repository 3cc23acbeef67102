package import HTTP

/// The place of a request in a distributed trace: the `traceparent` field (W3C Trace Context, section 3.2).
package struct TraceParent: Hashable, Sendable, CustomStringConvertible {
    /// The field's value, as it was received.
    package let description: String

    /// Nil when the peer is not trusted, or when the field is absent, repeated or malformed, as the standard asks.
    package init?(of request: Request, isTrusted: Bool) {
        guard isTrusted, let value = request.fields.only("traceparent"), TraceParent.isValid(value) else { return nil }
        description = value
    }

    /// 32 hexadecimal digits.
    package var traceID: Substring { description.dropFirst(3).prefix(32) }

    /// `00-` 32 digits `-` 16 digits `-` 2 digits, in lower case; a later version may go on behind another dash.
    private static func isValid(_ value: String) -> Bool {
        let parts = value.utf8.split(separator: UInt8(ascii: "-"), maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count >= 4, zip(parts, [2, 32, 16, 2]).allSatisfy({ $0.count == $1 && $0.allSatisfy(isHexDigit) })
        else { return false }
        let isZero = parts[1...2].contains { $0.allSatisfy { $0 == UInt8(ascii: "0") } }
        let isVersionZero = parts[0].elementsEqual("00".utf8)
        return !isZero && !parts[0].elementsEqual("ff".utf8) && (parts.count == 4 || !isVersionZero)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        byte.isDigit || (0x61...0x66).contains(byte)
    }
}
