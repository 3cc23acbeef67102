package import JSON
import Sessions
import Text

/// The body of a request that creates a call upstream.
package struct CallBody: Hashable, Sendable {
    /// The ids that a pre-negotiated data channel may have: those of an SCTP stream in WebRTC (RFC 8832 section 6).
    package static let dataChannelIDs = 0...65_534

    /// The value of `Content-Type`.
    package let contentType: String
    /// The body itself.
    package let bytes: [UInt8]

    /// The body of `POST {base}/realtime/calls`: `multipart/form-data` (RFC 7578) with the offer, byte for byte, and then
    /// the session.
    /// - Parameters:
    ///   - session: with its `type`, not wrapped in a member `session`.
    ///   - randomBits: for the boundary. A delimiter is a line that begins with `--`, and neither part has such a line:
    ///     those of an offer begin with a letter, and JSON that we write is one line. The bits are for readers that look
    ///     for the boundary anywhere.
    package static func realtime(offer: Offer, session: JSONObject, randomBits: UInt128) -> CallBody {
        let parts = [
            (name: "sdp", type: "application/sdp", content: Array(offer.sdp.utf8)),
            (name: "session", type: "application/json", content: JSON.object(session).serialized()),
        ]
        let halves = [UInt64(truncatingIfNeeded: randomBits &>> 64), UInt64(truncatingIfNeeded: randomBits)]
        let boundary = "ephemerald-\(halves[0].hexadecimal)\(halves[1].hexadecimal)"
        var bytes: [UInt8] = []
        bytes.reserveCapacity(parts.reduce(512) { $0 + $1.content.count })
        for part in parts {
            bytes += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(part.name)\"\r\n".utf8
            bytes += "Content-Type: \(part.type)\r\n\r\n".utf8
            bytes += part.content
            bytes += "\r\n".utf8
        }
        bytes += "--\(boundary)--\r\n".utf8
        return CallBody(contentType: "multipart/form-data; boundary=\(boundary)", bytes: bytes)
    }

    /// The body of `POST {base}/live/sessions`: JSON with the session and the transport, which is always WebRTC. A
    /// transport of a file or a browser could dial a telephone number.
    /// - Parameters:
    ///   - session: `type` is left out, because OpenAI refuses it here.
    ///   - dataChannelID: of ``dataChannelIDs``, when the page negotiated its data channel before the offer.
    ///   - safetyIdentifier: replaces one in the session.
    package static func live(
        offer: Offer, session: JSONObject, dataChannelID: Int?, safetyIdentifier: String?
    ) -> CallBody {
        var session = session
        session["type"] = nil
        session["safety_identifier"] = safetyIdentifier.map { .string($0) }
        session["client"] = LiveEvents.restricting(session["client"])
        var transport: JSONObject = ["type": "webrtc", "sdp": .string(offer.sdp)]
        transport["dcid"] = dataChannelID.map { .number(JSONNumber($0)) }
        let body: JSON = ["session": .object(session), "transport": .object(transport)]
        return CallBody(contentType: "application/json", bytes: body.serialized())
    }
}
