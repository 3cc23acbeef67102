import EphemeraldCore
import HTTP
import JSON
import Text

/// JSON: what is read can be written and read again, and a reader of selected members agrees with the exact one.
func tryJSON(_ input: [UInt8]) {
    if let value = try? JSON(parsing: input) {
        let written = value.serialized()
        precondition((try? JSON(parsing: written)) == value, "compact JSON is read back")
        precondition((try? JSON(parsing: value.prettyPrinted())) == value, "pretty JSON is read back")
        precondition((try? JSON(parsing: input, values: 8)) == nil || written.count <= input.count * 6)
    }
    let selection: JSONSelection = ["value", "expires_at", "session.id", "session.model", "error.code"]
    let scanned = try? JSON(parsing: input, only: selection)
    precondition(scanned == (try? JSON(parsingExactly: input, only: selection)), "the scan and the exact reader agree")
    var extensions: Set<JSONExtension> = []
    if let literal = try? JSON(parsingLiteral: input, extensions: &extensions) {
        precondition((try? JSON(parsing: literal.serialized())) == literal, "a literal becomes JSON")
    }
}

/// Lines of forwarding fields, an origin and a pattern: the client is an address, and a peer that is not trusted names
/// none. The first byte chooses the field that is read.
func tryForwarding(_ input: [UInt8]) {
    var fields = Fields()
    let lines = String(decoding: input.dropFirst(), as: UTF8.self).split(separator: "\n", maxSplits: 8)
    for line in lines {
        let name = ["X-Forwarded-For", "Forwarded", "CF-Connecting-IP"][Int(line.utf8.first ?? 0) % 3]
        fields.append(name, String(line.dropFirst()))
    }
    let readers: [AddressField] = [.either, .xForwardedFor, .forwarded, .hop(2), .named("CF-Connecting-IP")]
    let ranges = ["10.0.0.0/8", "fd00::/8"].compactMap { try? TrustedProxies.Entry(parsing: $0) }
    let proxies = TrustedProxies(ranges, naming: readers[Int(input.first ?? 0) % readers.count])
    for text in ["10.0.0.1", "192.0.2.1"] {
        guard let peer = IPAddress(text) else { preconditionFailure("an address") }
        let request = Request(method: .get, target: "/", fields: fields, peer: .ip(peer, port: 1))
        let client = ClientAddress(of: request, behind: proxies)
        if text == "192.0.2.1" { precondition(client.source == .ip(peer), "a stranger names nobody else") }
        precondition(IPAddress(client.description) != nil, "the client is an address")
        _ = client.limitKey
    }
    for line in lines {
        if let origin = Origin(String(line)) { precondition(Origin("\(origin)") == origin, "an origin is read back") }
        _ = try? OriginPattern(parsing: String(line))
        if let range = try? AddressRange(parsing: String(line)), let address = IPAddress(line) {
            precondition(range.contains(address), "an address is in its own range")
        }
        if let address = IPAddress(line) {
            precondition(IPAddress(address.description) == address, "an address is read back")
        }
    }
}

/// SDP offers, answers of OpenAI to them, and what it says over the sideband: an offer is kept byte for byte.
func tryOffer(_ input: [UInt8]) {
    do throws(InvalidOffer) {
        let offer = try Offer(input)
        precondition(Array(offer.sdp.utf8) == input, "an offer is kept byte for byte")
        let body = CallBody.realtime(offer: offer, session: ["type": "realtime"], randomBits: 7)
        precondition(body.bytes.count > input.count)
    } catch {
        precondition(!error.detail.isEmpty)
    }
    let location = input.prefix(64).prefix { $0 != 0x0A }
    let fields: Fields = [
        "Content-Type": "application/sdp",
        "Location": "/v1/realtime/calls/\(String(decoding: location, as: UTF8.self))",
    ]
    for type in [CallType.realtime, .live] {
        let answer = Response(.created, fields: fields, body: input)
        if let call = try? CreatedCall(answer, type: type) {
            precondition(call.upstreamID.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "the id goes into a URL")
        }
    }
    _ = SidebandEvent.isAudio(input[...])
    if let closed = SessionClosed(input), let seconds = closed.seconds { precondition(seconds >= 0) }
}
