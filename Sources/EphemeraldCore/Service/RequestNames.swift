package import HTTP
import Text

/// The id under which a request is found in all logs.
package struct RequestID: Hashable, Sendable, CustomStringConvertible {
    /// The id: 1 to 128 of `A-Z a-z 0-9 . _ -`.
    package let description: String

    /// Accepts the id in a field if it is well-formed; otherwise makes one.
    /// - Parameters:
    ///   - field: the name of the field; nil when the peer is not a trusted proxy that sets one. Anybody else could use
    ///     the id of another request.
    ///   - randomBits: returns 128 random bits.
    package init(of request: Request, in field: String?, randomBits: () -> UInt128) {
        if let field, let given = request.fields.only(field), (1...128).contains(given.utf8.count),
            given.utf8.allSatisfy(\.isNameByte)
        {
            self.init(given: given)
        } else {
            self.init(randomBits: randomBits())
        }
    }

    private init(given: String) {
        description = given
    }

    /// Makes an id of 32 hexadecimal digits.
    package init(randomBits: UInt128) {
        var digits = InlineArray<32, UInt8>(repeating: 0)
        for part in 0..<4 {
            var letters = RequestID.digits(UInt32(truncatingIfNeeded: randomBits >> UInt128(96 - 32 * part)))
            for place in 0..<8 {
                digits[8 * part + place] = UInt8(truncatingIfNeeded: letters >> 56)
                letters <<= 8
            }
        }
        do {
            description = String(copying: try UTF8Span(validating: digits.span))
        } catch {
            preconditionFailure("digits are ASCII")
        }
    }

    /// Eight hexadecimal digits, the first in the highest byte. All are made at once: four bits are spread to a byte each,
    /// and those of ten and more move on from the digits to the letters.
    fileprivate static func digits(_ bits: UInt32) -> UInt64 {
        var values = UInt64(bits)
        values = (values | values << 16) & 0x0000_FFFF_0000_FFFF
        values = (values | values << 8) & 0x00FF_00FF_00FF_00FF
        values = (values | values << 4) & 0x0F0F_0F0F_0F0F_0F0F
        let letters = (values + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return values + 0x3030_3030_3030_3030 + letters * UInt64(UInt8(ascii: "a") - UInt8(ascii: "0") - 10)
    }
}

/// The place of a request in a distributed trace: the `traceparent` field (W3C Trace Context Level 2, section 3.2), and
/// the span that this service adds to it.
package struct TraceParent: Hashable, Sendable {
    /// The id of the trace, from the caller: 32 hexadecimal digits.
    package let traceID: String
    /// The id of the span of this request, made here: 16 hexadecimal digits.
    package let spanID: String
    /// Two hexadecimal digits: whether the trace is recorded, and whether its id is random.
    private let flags: String
    /// The id of the caller's span; nil for a trace that begins here.
    let parentID: String?
    /// Whether the trace is recorded.
    let isSampled: Bool

    /// Nil when the peer is not trusted, or when the field is absent, repeated or malformed, as the standard requires.
    /// - Parameter randomBits: returns 128 random bits, for the span.
    package init?(of request: Request, isTrusted: Bool, randomBits: () -> UInt128) {
        guard isTrusted, let value = request.fields.only("traceparent"), TraceParent.isValid(value) else { return nil }
        traceID = String(value.dropFirst(3).prefix(32))
        // The standard requires zeros for flags that it does not define.
        let given = UInt8(value.dropFirst(53).prefix(2), radix: 16) ?? 0
        flags = "0" + String(given & 0b11, radix: 16)
        isSampled = given & 1 == 1
        parentID = String(value.dropFirst(36).prefix(16))
        spanID = TraceParent.spanID(randomBits())
    }

    /// The place of a request in its trace when this service records spans. A request without a trace begins one, whose
    /// id is that of the request if it can be one.
    /// - Parameters:
    ///   - given: what ``init(of:isTrusted:randomBits:)`` found.
    ///   - sampler: decides whether the trace is recorded.
    init(_ given: TraceParent?, of id: RequestID, sampler: TraceSampler, randomBits: () -> UInt128) {
        if let given {
            (traceID, parentID, spanID) = (given.traceID, given.parentID, given.spanID)
            isSampled = sampler.samples(given.traceID, parentIsSampled: given.isSampled)
            let hasRandomID = given.flags == "02" || given.flags == "03"
            flags = TraceParent.flags(isSampled: isSampled, hasRandomID: hasRandomID)
        } else {
            let text = id.description
            let isTraceID = text.utf8.count == 32 && text.utf8.allSatisfy(TraceParent.isHexDigit)
            traceID = isTraceID ? text : RequestID(randomBits: randomBits()).description
            parentID = nil
            spanID = TraceParent.spanID(randomBits())
            isSampled = sampler.samples(traceID, parentIsSampled: nil)
            flags = TraceParent.flags(isSampled: isSampled, hasRandomID: true)
        }
    }

    private static func flags(isSampled: Bool, hasRandomID: Bool) -> String {
        hasRandomID ? (isSampled ? "03" : "02") : (isSampled ? "01" : "00")
    }

    /// A span id of zeros is not valid.
    private static func spanID(_ randomBits: UInt128) -> String {
        let bits = max(1, UInt64(truncatingIfNeeded: randomBits))
        var digits = InlineArray<16, UInt8>(repeating: 0)
        for part in 0..<2 {
            var letters = RequestID.digits(UInt32(truncatingIfNeeded: bits >> UInt64(32 - 32 * part)))
            for place in 0..<8 {
                digits[8 * part + place] = UInt8(truncatingIfNeeded: letters >> 56)
                letters <<= 8
            }
        }
        do { return String(copying: try UTF8Span(validating: digits.span)) } catch {
            preconditionFailure("digits are ASCII")
        }
    }

    /// The field for a request that is made on behalf of this one. Its version is 00, the only one that is known here.
    package var outgoing: String { "00-\(traceID)-\(spanID)-\(flags)" }

    /// `00-` 32 digits `-` 16 digits `-` 2 digits, in lower case; a later version may continue after another dash.
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
