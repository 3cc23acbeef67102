import Text

/// An SDP offer of a browser (RFC 8866, RFC 9429), checked and kept byte for byte.
///
/// The check is not a parser of SDP. It refuses what a voice call of a browser never contains, before a slot is taken
/// and the upstream is called. The upstream judges the rest.
package struct Offer: Hashable, Sendable {
    /// The longest offer that is accepted, in bytes. Browsers send 2 to 8 KB.
    package static let maximumByteCount = 32 * 1_024
    /// The most lines that are accepted. Browsers send 50 to 200.
    package static let maximumLineCount = 1_000

    /// The whole offer, its last line break included: OpenAI refuses a trimmed one as cut off.
    package let sdp: String

    /// Accepts a description of one audio stream and at most one data channel, encrypted by DTLS.
    package init(_ bytes: [UInt8]) throws(InvalidOffer) {
        guard bytes.count <= Offer.maximumByteCount else { throw .tooLong }
        guard let sdp = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
        guard !Offer.hasForbiddenCharacter(bytes.span) else { throw .controlCharacter }
        guard sdp.utf8.starts(with: "v=0\r\n".utf8) else { throw .noVersion }
        guard bytes.suffix(2) == [0x0D, 0x0A] else { throw .cutOff }
        let media = try Offer.media(in: bytes)
        guard media.audio == 1 else { throw .noAudio }
        guard media.hasFingerprint else { throw .noFingerprint }
        self.sdp = sdp
    }

    /// Counts the media. Each line ends with CRLF and has the form `type=value` (RFC 8866 section 5). A lone CR or LF is
    /// refused, because another reader could take it for the end of a line and count other media.
    private static func media(in bytes: [UInt8]) throws(InvalidOffer) -> MediaCounts {
        var media = MediaCounts()
        var rest = bytes[...]
        var number = 0
        while let end = rest.firstIndex(where: { $0 == 0x0D || $0 == 0x0A }) {
            number += 1
            guard number <= Offer.maximumLineCount else { throw .tooManyLines }
            let line = rest[..<end]
            rest = rest[end...].dropFirst(2)
            guard bytes[end] == 0x0D, rest.startIndex == end + 2, bytes[end + 1] == 0x0A, let type = line.first,
                type.isLowercaseLetter, line.dropFirst().first == UInt8(ascii: "=")
            else { throw .wrongLine(number) }
            try media.count(line)
        }
        return media
    }

    /// Whether bytes in UTF-8 have a control character that no line of SDP has (category Cc, U+0080 to U+009F included),
    /// or U+2028 or U+2029, which some readers take for the end of a line.
    private static func hasForbiddenCharacter(_ bytes: Span<UInt8>) -> Bool {
        var (last, lastButOne) = (UInt8(0x20), UInt8(0x20))
        for index in bytes.indices {
            let byte = bytes[index]
            if byte < 0x20 && byte != 0x0D && byte != 0x0A || byte == 0x7F { return true }
            if last == 0xC2 && byte < 0xA0 { return true }
            if lastButOne == 0xE2 && last == 0x80 && (byte == 0xA8 || byte == 0xA9) { return true }
            (lastButOne, last) = (last, byte)
        }
        return false
    }
}

/// Counts what a call may have one of.
private struct MediaCounts {
    private(set) var audio = 0
    private var application = 0
    private(set) var hasFingerprint = false

    mutating func count(_ line: ArraySlice<UInt8>) throws(InvalidOffer) {
        if line.starts(with: "m=".utf8) {
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
        } else if line.starts(with: "a=fingerprint:".utf8) {
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
        case .noVersion: "The SDP offer does not begin with the line v=0."
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
