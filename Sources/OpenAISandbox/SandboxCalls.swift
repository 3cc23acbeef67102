import HTTP
import JSON
import Locking
import Sessions

/// The sandbox's calls that a server creates and hangs up. Nobody can connect to one: its SDP answer names no address.
///
/// Its Live sessions have no sideband. A hang-up ends them, and then an attach is answered as by OpenAI, that
/// the session is not found.
final class SandboxCalls: Sendable {
    /// The two APIs that have calls.
    enum Kind {
        case realtime, live

        /// The beginning of its calls' ids.
        fileprivate var prefix: String { self == .realtime ? "rtc_sandbox" : "live_sandbox" }
        /// OpenAI ends a call after an hour, and a session after two.
        fileprivate var longest: Int { self == .realtime ? 3_600 : 7_200 }
        fileprivate var notFound: String { self == .realtime ? "call_id_not_found" : "session_id_not_found" }
    }

    /// What a request does with a call, by its path.
    enum Action {
        case create(Kind), hangUp(Kind, String), attach(String)

        init?(_ request: Request) {
            var segments = request.path.split(separator: "/")
            let action = segments.popLast()
            switch (request.method, action, segments.last) {
            case (.post, "calls", "realtime"): self = .create(.realtime)
            case (.post, "sessions", "live"): self = .create(.live)
            case (.post, "hangup", .some(let id)) where segments.dropLast().last == "calls":
                self = .hangUp(.realtime, String(id))
            case (.post, "hangup", .some(let id)) where segments.dropLast().last == "sessions":
                self = .hangUp(.live, String(id))
            case (.get, "attach", .some(let id)) where segments.dropLast().last == "sessions":
                self = .attach(String(id))
            default: return nil
            }
        }
    }

    /// How long a session drains after its hang-up, with that fault, in seconds.
    private static let drainTime = 10

    /// The calls that are open, each with the Unix time at which it ends by itself.
    private let open = Locked<[String: Int]>([:])
    private let drains: Bool
    private let unixSeconds: @Sendable () -> Int

    /// - Parameter drains: whether a Live session goes on for a while after its hang-up.
    init(drains: Bool, unixSeconds: @escaping @Sendable () -> Int) {
        self.drains = drains
        self.unixSeconds = unixSeconds
    }

    /// Creates a call: Realtime from `multipart/form-data` with an offer and a session, Live from JSON.
    func create(_ kind: Kind, _ request: Request) throws(OpenAIError) -> Response {
        let offer =
            switch kind {
            case .realtime: try SandboxCalls.offer(inFormOf: request)
            case .live: try LiveCreation(request).offer
            }
        let answer = try SandboxCalls.answer(to: offer)
        let id = kind.prefix + String(UInt64.random(in: 1 << 60 ... .max), radix: 16)
        let now = unixSeconds()
        open.withLock { calls in
            calls = calls.filter { now < $0.value }
            calls[id] = now + kind.longest
        }
        switch kind {
        case .realtime:
            let fields: Fields = ["Content-Type": "application/sdp", "Location": "/v1/realtime/calls/\(id)"]
            return Response(.created, fields: fields, body: answer)
        case .live:
            let transport: JSON = ["type": "webrtc", "sdp": .string(String(decoding: answer, as: UTF8.self))]
            let body: JSON = ["session": ["id": .string(id)], "transport": transport]
            return Response(.created, fields: ["Content-Type": "application/json"], body: body.serialized())
        }
    }

    /// Hangs up a call.
    func hangUp(_ kind: Kind, _ id: String) throws(OpenAIError) -> Response {
        let now = unixSeconds()
        let isOpen = open.withLock { calls in
            guard id.hasPrefix(kind.prefix), let end = calls[id], now < end else { return false }
            calls[id] = drains && kind == .live ? min(end, now + SandboxCalls.drainTime) : nil
            return true
        }
        guard isOpen else { throw SandboxCalls.notFound(kind) }
        return Response(.ok)
    }

    /// The refusal of a request to attach to a Live session.
    func refuseToAttach(_ id: String) -> OpenAIError {
        let now = unixSeconds()
        let isOpen = id.hasPrefix(Kind.live.prefix) && open.withLock { now < $0[id] ?? now }
        return isOpen ? .noSideband : SandboxCalls.notFound(.live)
    }

    private static func notFound(_ kind: Kind) -> OpenAIError {
        OpenAIError(
            status: .notFound, type: "invalid_request_error", code: kind.notFound,
            message: "No session found for \(kind == .realtime ? "call_id" : "session_id").")
    }

    /// The offer of a form whose session is valid, too.
    private static func offer(inFormOf request: Request) throws(OpenAIError) -> [UInt8] {
        guard let boundary = MultipartForm.boundary(in: request.fields["Content-Type"] ?? "") else {
            throw .invalidRequest("unsupported_content_type", "Unsupported content type.")
        }
        guard let form = MultipartForm(request.body, boundary: boundary) else {
            throw .invalidRequest("invalid_multipart", "We could not parse the multipart body of your request.")
        }
        guard let offer = form["sdp"] else {
            throw .invalidRequest("missing_required_parameter", "Missing required parameter: 'sdp'.", param: "sdp")
        }
        guard let session = form["session"] else { return offer }
        guard let json = try? JSON(parsing: session), json.objectValue != nil else {
            throw .invalidRequest("invalid_json", "We could not parse the session of your request.")
        }
        guard json["type"] == "realtime" else {
            throw .invalidRequest("invalid_value", "Invalid value: 'session.type'.", param: "session.type")
        }
        if let violation = Schema.violations(of: ["session": json], for: .realtime).first {
            throw .invalidRequest(violation.code, violation.message, param: violation.path)
        }
        return offer
    }

    /// An SDP answer with the media of an offer, all of them inactive.
    private static func answer(to offer: [UInt8]) throws(OpenAIError) -> [UInt8] {
        let text = String(decoding: offer, as: UTF8.self)
        // OpenAI takes an offer without its last line break for one that was cut off.
        guard text.utf8.starts(with: "v=0\r\n".utf8), offer.suffix(2) == [0x0D, 0x0A] else {
            throw .invalidRequest("invalid_offer", "The SDP offer is invalid.", param: "sdp")
        }
        let lines = text.utf8.split(separator: 0x0A).map { $0.dropLast() }
        let media = lines.filter { $0.starts(with: "m=".utf8) }
        guard media.contains(where: { $0.starts(with: "m=audio ".utf8) }) else {
            throw .invalidRequest("invalid_offer", "The SDP offer has no audio.", param: "sdp")
        }
        var answer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
        for line in media {
            answer += "\(Substring(line))\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=setup:active\r\n"
            answer += "a=fingerprint:sha-256 \(String(repeating: "00:", count: 31))00\r\n"
        }
        return Array(answer.utf8)
    }
}

/// A body of `multipart/form-data` (RFC 7578), as strictly as OpenAI reads it.
struct MultipartForm {
    private var parts: [String: [UInt8]] = [:]

    /// The boundary in a field `Content-Type`; nil for another type or none.
    static func boundary(in contentType: String) -> String? {
        let parts = contentType.split(separator: ";").map { $0.filter { $0 != " " } }
        guard parts.first == "multipart/form-data" else { return nil }
        return parts.first { $0.hasPrefix("boundary=") }.map { String($0.dropFirst("boundary=".count)) }
    }

    /// Nil for a body whose delimiters, part heads or names are wrong.
    init?(_ body: [UInt8], boundary: String) {
        var rest = body[...]
        let delimiter = Array("\r\n--\(boundary)".utf8)
        guard rest.starts(with: delimiter.dropFirst(2)) else { return nil }
        rest = rest.dropFirst(delimiter.count - 2)
        while rest.starts(with: "\r\n".utf8) {
            guard let headEnd = rest.firstRange(of: Array("\r\n\r\n".utf8)),
                let end = rest[headEnd.upperBound...].firstRange(of: delimiter),
                let name = MultipartForm.name(in: rest[rest.startIndex + 2..<headEnd.lowerBound]), parts[name] == nil
            else { return nil }
            parts[name] = Array(rest[headEnd.upperBound..<end.lowerBound])
            rest = rest[end.upperBound...]
        }
        guard rest.elementsEqual("--\r\n".utf8) else { return nil }
    }

    /// The content of the part with that name.
    subscript(name: String) -> [UInt8]? { parts[name] }

    private static func name(in head: ArraySlice<UInt8>) -> String? {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        let start = "Content-Disposition: form-data; name=\""
        guard let line = lines.first(where: { $0.hasPrefix(start) }), line.hasSuffix("\"") else { return nil }
        let name = line.dropFirst(start.count).dropLast()
        return name.contains("\"") ? nil : String(name)
    }
}
