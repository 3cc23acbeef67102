package import HTTP
import JSON
import Text

/// A call that the upstream has created, read from its answer.
package struct CreatedCall: Hashable, Sendable {
    /// The longest SDP answer that is passed on, in bytes. OpenAI's have 1 to 3 KB.
    package static let maximumByteCount = 64 * 1_024

    /// The upstream's id of the call, `rtc_…` or `live_…`: 1 to 128 of `A-Z a-z 0-9 _ -`, so it is safe in a URL.
    package let upstreamID: String
    /// The SDP answer for the browser, byte for byte.
    package let sdp: String

    /// Reads the answer to a creation: 201 with SDP and `Location` (Realtime), 201 with JSON (Live).
    package init(_ response: Response, type: CallType) throws(UnreadableAnswer) {
        guard response.status.rawValue == 201 else { throw .status(response.status.rawValue) }
        switch type {
        case .realtime:
            guard let location = response.fields.only("Location") else { throw .noID }
            let sdp = String(validating: response.body, as: UTF8.self)
            try self.init(id: CreatedCall.lastSegment(of: location), sdp: sdp)
        case .live:
            guard let body = try? JSON(parsing: response.body, only: ["session.id", "transport.sdp"]) else {
                throw .notJSON
            }
            guard let id = body["session"]?["id"]?.stringValue else { throw .noID }
            try self.init(id: id, sdp: body["transport"]?["sdp"]?.stringValue)
        }
    }

    /// The id in an answer that cannot be used otherwise, so that the call can be ended; nil when it has none. Of several
    /// locations the first with an id counts.
    static func id(in response: Response, type: CallType) -> String? {
        switch type {
        case .realtime: response.fields.values(of: "Location").map(lastSegment).first(where: isID)
        case .live:
            (try? JSON(parsing: response.body, only: ["session.id"]))?["session"]?["id"]?.stringValue
                .flatMap { isID($0) ? $0 : nil }
        }
    }

    private static func lastSegment(of location: String) -> String {
        let path = Array(location.utf8).prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        let start = path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
        return String(decoding: path[start...], as: UTF8.self)
    }

    /// Whether a text may be the upstream's id of a call.
    static func isID(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
            }
    }

    private init(id: String, sdp: String?) throws(UnreadableAnswer) {
        guard CreatedCall.isID(id) else { throw .wrongID }
        guard let sdp, sdp.utf8.starts(with: "v=0".utf8) else { throw .noSDP }
        guard sdp.utf8.count <= CreatedCall.maximumByteCount else { throw .tooLong }
        upstreamID = id
        self.sdp = sdp
    }
}

/// Why the answer to a creation cannot be used. The call is then lost: nobody has the answer, so nobody can connect.
package enum UnreadableAnswer: Error, Hashable, Sendable {
    /// Its status is not 201.
    case status(Int)
    /// It is not a JSON object (Live).
    case notJSON
    /// It has no id: no `Location`, more than one, or no `session.id`.
    case noID
    /// Its id is empty, longer than 128 characters, or has a character that does not belong in a path.
    case wrongID
    /// It has no SDP in UTF-8 that begins with `v=0`.
    case noSDP
    /// Its SDP is longer than ``CreatedCall/maximumByteCount`` bytes.
    case tooLong
}

/// What an answer of the upstream is believed about a call that was to be ended.
package enum Belief: Hashable, Sendable {
    /// Nothing: it comes from another upstream than the one that created the call.
    case nothing
    /// That the call is over now, and not that it is not found: to another key than the one that created it a call may
    /// not be visible, nor to any key before its media are connected.
    case confirmation
    /// Both.
    case everything
}

/// What an answer to a hang-up says about the call.
package enum HangUpVerdict: Hashable, Sendable {
    /// The upstream has ended it, or does not have it any more.
    case over
    /// The upstream says that there is no such call, and is not believed.
    case notFound
    /// Nobody can tell. The call may still be open, so the hang-up is sent again.
    case unsure

    /// The codes with which OpenAI says that a call or session is over, as 404 or as 400.
    private static let codes: Set<String> = [
        "call_id_not_found", "call_not_found", "session_id_not_found", "session_not_found",
    ]

    /// Reads the answer to a hang-up, or to an attempt to attach to a Live session.
    /// - Parameters:
    ///   - belief: what the answer is believed.
    ///   - endsWithOK: whether 200 ends the call. A Live session is over only when `session.closed` has come.
    package init(_ response: Response, believing belief: Belief, endsWithOK: Bool) {
        if response.status == .ok, endsWithOK, belief != .nothing {
            self = .over
            return
        }
        let isRefused = response.status == .notFound || response.status == .badRequest
        // A 404 without such a code may come from a gateway that does not know the path.
        let body = isRefused ? try? JSON(parsing: response.body, only: ["error.code"]) : nil
        let code = body?["error"]?["code"]?.stringValue ?? ""
        guard HangUpVerdict.codes.contains(code) else {
            self = .unsure
            return
        }
        self = belief == .everything ? .over : .notFound
    }
}
