package import JSON
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
    ///   - randomBits: 128 random bits for the boundary, which occurs in neither part. It is called again in the unlikely
    ///     case that it does.
    package static func realtime(offer: Offer, session: JSONObject, randomBits: () -> UInt128) -> CallBody {
        let parts = [
            (name: "sdp", type: "application/sdp", content: Array(offer.sdp.utf8)),
            (name: "session", type: "application/json", content: JSON.object(session).serialized()),
        ]
        var boundary: String
        repeat {
            boundary = "ephemerald-" + String(randomBits(), radix: 16)
        } while parts.contains { $0.content.contains(boundary) }
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

/// What a page may send and receive over the data channel of a Live session. OpenAI enforces the lists, and allows every
/// event where there is no list: then a page could replace the model and the instructions of a delegation.
package enum LiveEvents {
    /// The least that a page needs to send: to close the session, and to mute and unmute it.
    package static let sent: JSON = ["session.close", "session.input_audio.mute", "session.input_audio.unmute"]
    /// The least that a page needs to receive: that the session has started or ended, what it costs, whether it is muted,
    /// both transcripts, and errors.
    package static let received: JSON = .array(
        [
            "session.started", "session.closed", "session.usage.updated", "session.input_audio.muted",
            "session.input_audio.unmuted", "session.input_transcript.delta", "session.output_transcript.delta", "error",
            "info",
        ].map { ["type": .string($0)] })

    /// The member `client` of a session with a list for each direction: the given one, else the least.
    fileprivate static func restricting(_ client: JSON?) -> JSON {
        var client = client?.objectValue ?? [:]
        var channel = client["data_channel"]?.objectValue ?? [:]
        channel["allowed_client_events"] = channel["allowed_client_events"] ?? sent
        channel["allowed_server_events"] = channel["allowed_server_events"] ?? received
        client["data_channel"] = .object(channel)
        return .object(client)
    }
}

extension [UInt8] {
    /// Whether the bytes of a text occur in these.
    fileprivate func contains(_ text: String) -> Bool {
        let wanted = Array(text.utf8)
        guard let first = wanted.first else { return true }
        return indices.contains { self[$0] == first && self[$0...].starts(with: wanted) }
    }
}
