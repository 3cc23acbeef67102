package import HTTP
import Text

/// The id under which a request is found in all logs.
package struct RequestID: Hashable, Sendable, CustomStringConvertible {
    /// The id: 1 to 128 of `A-Z a-z 0-9 . _ -`.
    package let description: String
    /// The bits of an id that was made here.
    private let bits: UInt128?

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
        bits = nil
    }

    /// Makes an id of 32 hexadecimal digits.
    package init(randomBits: UInt128) {
        description = randomBits.hexadecimal
        bits = randomBits
    }

    /// The id as that of a trace; nil when it cannot be one, as 32 zeros cannot.
    var traceID: UInt128? {
        guard let number = bits ?? UInt128(hexadecimalDigits: description), number != 0 else { return nil }
        return number
    }
}

/// The place of a request in a distributed trace: the `traceparent` field (W3C Trace Context Level 2, section 3.2), and
/// the span that this service adds to it.
package struct TraceParent: Hashable, Sendable {
    /// The id of the trace: that of the caller, or one of our own.
    let traceID: UInt128
    /// The id of the span of this request, made here.
    let spanID: UInt64
    /// The id of the caller's span; nil for a trace that begins here.
    let parentID: UInt64?
    /// Whether the trace begins here and has the id of the request, which names it everywhere then.
    let hasRequestID: Bool
    private let flags: Flags

    private struct Flags: OptionSet, Hashable {
        let rawValue: UInt8
        /// The trace is recorded.
        static let sampled = Flags(rawValue: 1)
        /// The last 56 bits of its id are random.
        static let random = Flags(rawValue: 2)
    }

    /// Nil when the peer is not trusted, or when the field is absent, repeated or malformed, as the standard requires.
    /// - Parameter randomBits: returns 128 random bits, for the span.
    package init?(of request: Request, isTrusted: Bool, randomBits: () -> UInt128) {
        guard isTrusted, let value = request.fields.only("traceparent"), TraceParent.isValid(value),
            let trace = UInt128(hexadecimalDigits: value.dropFirst(3).prefix(32)), trace != 0,
            let parent = UInt64(value.dropFirst(36).prefix(16), radix: 16), parent != 0,
            let given = UInt8(value.dropFirst(53).prefix(2), radix: 16)
        else { return nil }
        (traceID, parentID, spanID) = (trace, parent, TraceParent.spanID(randomBits()))
        hasRequestID = false
        // The standard requires zeros for flags that it does not define.
        flags = Flags(rawValue: given).intersection([.sampled, .random])
    }

    /// The place of a request in its trace when this service records spans. A request without a trace begins one, whose
    /// id is that of the request if it can be one.
    /// - Parameters:
    ///   - given: what ``init(of:isTrusted:randomBits:)`` found.
    ///   - sampler: decides whether the trace is recorded.
    init(_ given: TraceParent?, of id: RequestID, sampler: TraceSampler, randomBits: () -> UInt128) {
        var flags = given?.flags ?? .random
        let own = given == nil ? id.traceID : nil
        hasRequestID = own != nil
        traceID = given?.traceID ?? own ?? max(1, randomBits())
        parentID = given?.parentID
        // Half of our own trace's id, which is random, names its only span.
        spanID = given?.spanID ?? TraceParent.spanID(own.map { $0 >> 64 } ?? randomBits())
        if sampler.samples(traceID, parentIsSampled: given?.isSampled) {
            flags.insert(.sampled)
        } else {
            flags.remove(.sampled)
        }
        self.flags = flags
    }

    /// A span id of zeros is not valid.
    private static func spanID(_ randomBits: UInt128) -> UInt64 { max(1, UInt64(truncatingIfNeeded: randomBits)) }

    /// Whether the trace is recorded.
    var isSampled: Bool { flags.contains(.sampled) }

    /// The field for a request that is made on behalf of this one. Its version is 00, the only one that is known here.
    package var outgoing: String { "00-\(traceID.hexadecimal)-\(spanID.hexadecimal)-0\(flags.rawValue)" }

    /// `00-` 32 digits `-` 16 digits `-` 2 digits, in lower case; a later version may continue after another dash.
    private static func isValid(_ value: String) -> Bool {
        let parts = value.utf8.split(separator: UInt8(ascii: "-"), maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count >= 4, zip(parts, [2, 32, 16, 2]).allSatisfy({ $0.count == $1 }),
            parts[..<4].allSatisfy({ $0.allSatisfy(\.isHexadecimalDigit) })
        else { return false }
        let isVersionZero = parts[0].elementsEqual("00".utf8)
        return !parts[0].elementsEqual("ff".utf8) && (parts.count == 4 || !isVersionZero)
    }
}
