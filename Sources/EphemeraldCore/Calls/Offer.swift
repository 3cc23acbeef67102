import Text

/// An SDP offer of a browser (RFC 8866, RFC 9429), checked and kept byte for byte.
///
/// The check is not a parser of SDP. It refuses what a voice call of a browser never contains, before a slot is taken
/// and the upstream is called. The upstream judges the rest.
package struct Offer: Hashable, Sendable {
    /// The longest offer that is accepted, in bytes. Browsers send 2 to 8 KB.
    package static let maximumByteCount = 32 * 1_024
    /// The most lines that are accepted. Browsers send about 100.
    package static let maximumLineCount = 1_000

    /// The whole offer, its last line break included: OpenAI refuses a trimmed one as cut off.
    package let sdp: String

    /// Accepts a description of one audio stream and at most one data channel, encrypted by DTLS.
    package init(_ bytes: [UInt8]) throws(InvalidOffer) {
        guard bytes.count <= Offer.maximumByteCount else { throw .tooLong }
        guard let sdp = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
        let breaks = try Offer.breaks(in: bytes.span)
        guard sdp.utf8.starts(with: "v=0\r\n".utf8) else { throw .noVersion }
        guard bytes.last == 0x0A, bytes.dropLast().last == 0x0D else { throw .cutOff }
        var media = MediaCounts()
        for line in try Offer.lines(of: bytes.span, between: breaks) { try media.count(bytes[line]) }
        guard media.audio == 1 else { throw .noAudio }
        guard media.hasFingerprint else { throw .noFingerprint }
        self.sdp = sdp
    }

    /// The places of each CR and LF in valid UTF-8. Any other control character (category Cc, U+0080 to U+009F included)
    /// is refused, because no line of SDP has one, and so are U+2028 and U+2029, which some readers take for the end of a
    /// line.
    private static func breaks(in bytes: Span<UInt8>) throws(InvalidOffer) -> [Int] {
        var breaks: [Int] = []
        breaks.reserveCapacity(128)
        for place in bytes.indices {
            let byte = bytes[place]
            // Printable ASCII, the greater part, takes one comparison.
            if (0x20..<0x7F).contains(byte) { continue }
            if byte == 0x0D || byte == 0x0A {
                breaks.append(place)
            } else if byte < 0x80 || byte < 0xA0 && bytes[place - 1] == 0xC2 {
                throw .controlCharacter
            } else if byte == 0xA8 || byte == 0xA9, bytes[place - 1] == 0x80, bytes[place - 2] == 0xE2 {
                throw .controlCharacter
            }
        }
        return breaks
    }

    /// The lines without their ends. Each ends with CRLF and has the form `type=value` (RFC 8866 section 5). A lone CR or
    /// LF is refused, because another reader could take it for the end of a line and count other media.
    private static func lines(of bytes: Span<UInt8>, between breaks: [Int]) throws(InvalidOffer) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        lines.reserveCapacity(breaks.count / 2)
        var start = 0
        for place in breaks {
            if bytes[place] == 0x0D, place + 1 < bytes.count, bytes[place + 1] == 0x0A { continue }
            let end = place - 1
            guard bytes[place] == 0x0A, end >= start + 2, bytes[end] == 0x0D, bytes[start].isLowercaseLetter,
                bytes[start + 1] == UInt8(ascii: "=")
            else { throw .wrongLine(lines.count + 1) }
            guard lines.count < Offer.maximumLineCount else { throw .tooManyLines }
            lines.append(start..<end)
            start = place + 1
        }
        return lines
    }
}

/// Counts what a call may have one of.
private struct MediaCounts {
    private(set) var audio = 0
    private var application = 0
    private(set) var hasFingerprint = false

    /// - Parameter line: `type=value`, at least two bytes.
    mutating func count(_ line: ArraySlice<UInt8>) throws(InvalidOffer) {
        if line.first == UInt8(ascii: "m") {
            let kind = line.dropFirst(2).prefix { $0 != UInt8(ascii: " ") }
            if kind.elementsEqual("audio".utf8) {
                audio += 1
                guard audio == 1 else { throw .secondAudio }
            } else if kind.elementsEqual("application".utf8) {
                application += 1
                guard application == 1 else { throw .secondApplication }
            } else {
                throw .otherMedia
            }
        } else if line.dropFirst(2).first == UInt8(ascii: "f"), line.starts(with: "a=fingerprint:".utf8) {
            // A hash function and a digest (RFC 8122 section 5).
            hasFingerprint = hasFingerprint || line.dropFirst(14).split(separator: UInt8(ascii: " ")).count == 2
        }
    }
}

/// Why an SDP offer is refused.
package enum InvalidOffer: Error, Hashable, Sendable {
    /// It has more than ``Offer/maximumByteCount`` bytes.
    case tooLong
    /// Its bytes are not UTF-8.
    case notUTF8
    /// It contains a control character other than CR and LF, or a line separator of Unicode.
    case controlCharacter
    /// It has more than ``Offer/maximumLineCount`` lines.
    case tooManyLines
    /// Its first line is not `v=0`; an empty offer has no first line.
    case noVersion
    /// It does not end with CRLF: it was cut off, or trimmed.
    case cutOff
    /// That line, counted from 1, does not end with CRLF, or does not have the form `type=value`.
    case wrongLine(Int)
    /// It has no `m=audio` line.
    case noAudio
    /// It has a second `m=audio` line.
    case secondAudio
    /// It has a second `m=application` line.
    case secondApplication
    /// It has a media line of another kind, such as `m=video`.
    case otherMedia
    /// It has no `a=fingerprint` line with a hash function and a digest.
    case noFingerprint

    /// A sentence for the client.
    package var detail: String {
        switch self {
        case .tooLong: "The SDP offer is longer than \(Offer.maximumByteCount) bytes."
        case .notUTF8: "The SDP offer is not valid UTF-8."
        case .controlCharacter: "The SDP offer contains a control character or line separator other than CR and LF."
        case .tooManyLines: "The SDP offer has more than \(Offer.maximumLineCount) lines."
        case .noVersion: "The SDP offer does not begin with the line v=0 and its CRLF."
        case .cutOff: "The SDP offer does not end with CRLF. Send it unchanged, its last line break included."
        case .wrongLine(let number):
            "Line \(number) of the SDP offer does not end with CRLF or does not have the form type=value."
        case .noAudio: "The SDP offer has no audio: exactly one m=audio line is required."
        case .secondAudio: "The SDP offer has more than one m=audio line."
        case .secondApplication: "The SDP offer has more than one m=application line."
        case .otherMedia: "The SDP offer has media other than audio and one data channel."
        case .noFingerprint: "The SDP offer has no a=fingerprint line."
        }
    }
}
