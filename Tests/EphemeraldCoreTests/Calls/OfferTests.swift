import EphemeraldCore
import Testing

private let fingerprint = "a=fingerprint:sha-256 78:66\r\n"
private let audio = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
private let channel = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"

/// An offer of these lines after the version.
private func offer(_ lines: String...) -> String { "v=0\r\n" + lines.joined() }

/// A sound offer with one more line at its end.
private func sound(with line: String) -> String { offer(audio, fingerprint, line) }

private let badOffers: [(sdp: String, reason: InvalidOffer)] = [
    // The length.
    (sound(with: "a=x:" + String(repeating: "x", count: 32_768) + "\r\n"), .tooLong),
    (String(repeating: "v=0\r\n", count: 6_554), .tooLong),
    // The beginning.
    ("", .noVersion),
    ("v", .noVersion),
    ("v=0", .noVersion),
    ("v=0\n", .noVersion),
    ("v=1\r\n" + audio + fingerprint, .noVersion),
    ("v=00\r\n" + audio + fingerprint, .noVersion),
    ("v=0 \r\n" + audio + fingerprint, .noVersion),
    ("V=0\r\n" + audio + fingerprint, .noVersion),
    ("v =0\r\n" + audio + fingerprint, .noVersion),
    (" v=0\r\n" + audio + fingerprint, .noVersion),
    ("\r\nv=0\r\n" + audio + fingerprint, .noVersion),
    ("\u{FEFF}v=0\r\n" + audio + fingerprint, .noVersion),
    ("o=- 1 2 IN IP4 127.0.0.1\r\nv=0\r\n" + audio + fingerprint, .noVersion),
    (#"{"type":"offer","sdp":"v=0\r\n"}"#, .noVersion),
    ("\"v=0\\r\\n\"", .noVersion),
    ("<!doctype html>", .noVersion),
    (audio + fingerprint, .noVersion),
    // The end.
    (String(SampleOffers.chromium.dropLast()), .cutOff),
    (String(SampleOffers.chromium.dropLast()) + "\n", .cutOff),
    (offer(audio, "a=fingerprint:sha-256 78:66"), .cutOff),
    (offer(audio, "a=fingerprint:sha-256 78:66\n"), .cutOff),
    (offer(audio, "a=fingerprint:sha-256 78:66\r"), .cutOff),
    (offer(audio, fingerprint, " "), .cutOff),
    (offer(audio, fingerprint, "\n"), .cutOff),
    // The lines.
    (offer(audio, fingerprint, "\r\n"), .wrongLine(4)),
    (offer("\r\n", audio, fingerprint), .wrongLine(2)),
    (offer(audio, "\n", fingerprint), .wrongLine(3)),
    (offer(audio, "\r", fingerprint), .wrongLine(3)),
    (offer("s=-\n", audio, fingerprint), .wrongLine(2)),
    (offer("s=-\r", audio, fingerprint), .wrongLine(2)),
    (offer("s=-\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n", audio, fingerprint), .wrongLine(2)),
    (offer("s=-\rm=video 9 UDP/TLS/RTP/SAVPF 96\r\n", audio, fingerprint), .wrongLine(2)),
    (offer("s=-\n\r", audio, fingerprint), .wrongLine(2)),
    (SampleOffers.chromium.replacing("\r\n", with: "\n") + "\r\n", .noVersion),
    (sound(with: "a\r\n"), .wrongLine(4)),
    (sound(with: "a =x\r\n"), .wrongLine(4)),
    (sound(with: " a=x\r\n"), .wrongLine(4)),
    (sound(with: "=x\r\n"), .wrongLine(4)),
    (sound(with: "A=x\r\n"), .wrongLine(4)),
    (sound(with: "M=video 9 UDP/TLS/RTP/SAVPF 96\r\n"), .wrongLine(4)),
    (sound(with: "m =video 9 UDP/TLS/RTP/SAVPF 96\r\n"), .wrongLine(4)),
    (sound(with: "é=x\r\n"), .wrongLine(4)),
    (sound(with: "0=x\r\n"), .wrongLine(4)),
    (sound(with: "Content-Type: application/sdp\r\n"), .wrongLine(4)),
    (sound(with: "--boundary\r\n"), .wrongLine(4)),
    // The media.
    (offer(fingerprint), .noAudio),
    (offer(channel, fingerprint), .noAudio),
    (offer(audio, fingerprint, audio), .secondAudio),
    (offer(audio, audio, channel, fingerprint), .secondAudio),
    (offer(audio, channel, fingerprint, channel), .secondApplication),
    (sound(with: "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"), .otherMedia),
    (sound(with: "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n"), .otherMedia),
    (sound(with: "m=text 9 RTP/AVP 98\r\n"), .otherMedia),
    (sound(with: "m=image 9 udptl t38\r\n"), .otherMedia),
    (sound(with: "m=message 9 TCP/MSRP *\r\n"), .otherMedia),
    (sound(with: "m=\r\n"), .otherMedia),
    (sound(with: "m= audio 9 UDP/TLS/RTP/SAVPF 111\r\n"), .otherMedia),
    (offer("m=Audio 9 UDP/TLS/RTP/SAVPF 111\r\n", fingerprint), .otherMedia),
    (offer("m=audio2 9 UDP/TLS/RTP/SAVPF 111\r\n", fingerprint), .otherMedia),
    (offer("m=audiovideo\r\n", fingerprint), .otherMedia),
    // The fingerprint.
    (offer(audio), .noFingerprint),
    (offer(audio, channel), .noFingerprint),
    (offer(audio, "a=fingerprint\r\n"), .noFingerprint),
    (offer(audio, "a=fingerprint:\r\n"), .noFingerprint),
    (offer(audio, "a=fingerprint:sha-256\r\n"), .noFingerprint),
    (offer(audio, "a=fingerprint: sha-256 \r\n"), .noFingerprint),
    (offer(audio, "a=Fingerprint:sha-256 78:66\r\n"), .noFingerprint),
    (offer(audio, "a=x-fingerprint:sha-256 78:66\r\n"), .noFingerprint),
    (offer(audio, "s=a=fingerprint:sha-256 78:66\r\n"), .noFingerprint),
    (offer(audio, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0\r\n"), .noFingerprint),
]

@Suite struct `An SDP offer` {
    @Test(arguments: [SampleOffers.chromium, SampleOffers.aiortc, SampleOffers.shortest])
    func `of a browser passes byte for byte`(sdp: String) throws {
        #expect(Array(try Offer(Array(sdp.utf8)).sdp.utf8) == Array(sdp.utf8))
    }

    @Test func `passes with its data channel before its audio, and in UTF-8`() throws {
        let sdp = offer("s=Grüße 🎙\r\n", channel, audio, fingerprint)
        #expect(try Offer(Array(sdp.utf8)).sdp == sdp)
    }

    @Test func `may have 32,768 bytes and not one more`() throws {
        let padding = Offer.maximumByteCount - sound(with: "a=x:\r\n").utf8.count
        let longest = sound(with: "a=x:" + String(repeating: "x", count: padding) + "\r\n")
        #expect(try Offer(Array(longest.utf8)).sdp.utf8.count == 32_768)
        let longer = sound(with: "a=x:" + String(repeating: "x", count: padding + 1) + "\r\n")
        #expect(throws: InvalidOffer.tooLong) { try Offer(Array(longer.utf8)) }
    }

    @Test func `is refused for its reason`() {
        #expect(badOffers.count >= 60)
        for (sdp, reason) in badOffers {
            #expect(throws: reason, "\(sdp.prefix(120).debugDescription)") { try Offer(Array(sdp.utf8)) }
        }
    }

    @Test func `is refused when a control character is anywhere in it`() {
        let controls = (0...0x1F).filter { $0 != 0x0A && $0 != 0x0D } + [0x7F, 0x80, 0x85, 0x9F]
        for control in controls {
            let character = String(Unicode.Scalar(UInt8(control)))
            for sdp in [
                sound(with: "a=x\(character)y\r\n"), character + offer(audio, fingerprint),
                offer(audio, fingerprint, character),
            ] {
                #expect(throws: InvalidOffer.controlCharacter, "\(control)") { try Offer(Array(sdp.utf8)) }
            }
        }
    }

    @Test(arguments: ["\u{2028}", "\u{2029}", "\u{85}"])
    func `is refused with a line separator of Unicode`(separator: String) {
        let sdp = sound(with: "a=x\(separator)m=video 9 UDP/TLS/RTP/SAVPF 96\r\n")
        #expect(throws: InvalidOffer.controlCharacter) { try Offer(Array(sdp.utf8)) }
    }

    @Test func `has characters near those that are refused`() throws {
        let sdp = sound(with: "a=x:\u{A0}\u{A8}\u{C2}\u{2027}\u{202A}\u{2020}\u{E028}\u{10028} ~\r\n")
        #expect(try Offer(Array(sdp.utf8)).sdp == sdp)
    }

    @Test func `has at most a thousand lines`() throws {
        let lines = String(repeating: "a=x\r\n", count: 997)
        #expect(try Offer(Array(sound(with: lines).utf8)).sdp.utf8.count == sound(with: lines).utf8.count)
        #expect(throws: InvalidOffer.tooManyLines) { try Offer(Array(sound(with: lines + "a=x\r\n").utf8)) }
    }

    @Test(arguments: [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]] as [[UInt8]])
    func `is refused when it is not UTF-8`(bytes: [UInt8]) {
        let sdp = Array(offer(audio, fingerprint, "a=x:").utf8) + bytes + [0x0D, 0x0A]
        #expect(throws: InvalidOffer.notUTF8) { try Offer(sdp) }
    }

    @Test func `has a message for each reason`() {
        let reasons = Set(badOffers.map(\.reason) + [.notUTF8, .controlCharacter, .tooManyLines])
        let details = Set(reasons.map(\.detail))
        #expect(details.count == reasons.count)
        #expect(details.allSatisfy { $0.hasPrefix("The SDP offer") || $0.hasPrefix("Line ") })
    }
}
