import JSON
import Text

/// The bytes of one usage line, written member by member. One value writes the lines of a loop one after the other, so
/// that the memory is used again and the time of day is formatted once a second.
struct UsageText: Sendable {
    /// What is written so far.
    private(set) var bytes: [UInt8] = []
    /// The line up to the milliseconds of its time: `{"timestamp":"2026-11-22T12:00:00.`
    private var beginning: [UInt8] = []
    /// The second that `beginning` names, in Unix time.
    private var second: Int64?

    /// Starts a line with its time and the id of its request.
    mutating func begin(unixMilliseconds: Int64, requestID: String) {
        let (second, milliseconds) = unixMilliseconds.quotientAndRemainder(dividingBy: 1_000)
        if second != self.second {
            beginning = Array(#"{"timestamp":""#.utf8)
            Timestamp.append(unixMilliseconds, to: &beginning)
            beginning.removeLast(4)
            self.second = second
        }
        bytes.removeAll(keepingCapacity: true)
        bytes += beginning
        append(digits: 3, of: Int(milliseconds))
        bytes += UsageText.endOfTime
        bytes += requestID.utf8
        bytes.append(UInt8(ascii: "\""))
    }

    private static let endOfTime = Array(#"Z","ephemerald.request.id":""#.utf8)

    /// Ends the line with a line feed.
    mutating func finish() {
        bytes.append(UInt8(ascii: "}"))
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Adds a text from outside; nil adds nothing.
    /// - Parameter limit: characters of it that are kept: ``Swift/String/loggable(_:)``.
    mutating func append(_ member: UsageMember, _ text: String?, limit: Int) {
        guard let text else { return }
        bytes += member.beginning
        guard text.utf8.count <= limit, text.utf8.span.isPlain else {
            bytes += JSON.string(text.loggable(limit)).serialized()
            return
        }
        append(quoted: text)
    }

    /// Adds a text that needs no escape, because it is ours or was checked; nil adds nothing.
    mutating func append(_ member: UsageMember, checked text: String?) {
        guard let text else { return }
        bytes += member.beginning
        append(quoted: text)
    }

    /// Adds a text that writes itself and needs no escape.
    mutating func append(_ member: UsageMember, _ text: (inout [UInt8]) -> Void) {
        bytes += member.beginning
        bytes.append(UInt8(ascii: "\""))
        text(&bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Adds members that are written already.
    mutating func append(written members: UsageMembers) {
        bytes += members.bytes
    }

    /// Adds the digits of a hash.
    mutating func append(_ member: UsageMember, digest: [UInt8]) {
        bytes += member.beginning
        bytes.append(UInt8(ascii: "\""))
        bytes.append(hexadecimalOf: digest)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Adds the ids of a trace and of its span.
    mutating func append(_ trace: TraceParent) {
        let start = bytes.count
        bytes += UsageText.ids
        var span = bytes.mutableSpan
        span.write(hexadecimalOf: trace.traceID, at: start + 13)
        span.write(hexadecimalOf: trace.spanID, at: start + 58)
    }

    private static let ids = Array(
        #","trace_id":"\#(UInt128.zero.hexadecimal)","span_id":"\#(UInt64.zero.hexadecimal)""#.utf8)

    /// Adds an integer that is not negative; nil adds nothing.
    mutating func append(_ member: UsageMember, _ number: Int?) {
        guard let number else { return }
        bytes += member.beginning
        bytes.append(digitsOf: number)
    }

    /// Adds a duration in seconds, with six decimals.
    mutating func append(_ member: UsageMember, microseconds: Int) {
        bytes += member.beginning
        bytes.append(digitsOf: microseconds / 1_000_000)
        bytes.append(UInt8(ascii: "."))
        append(digits: 6, of: microseconds % 1_000_000)
    }

    /// Adds so many digits, the first of them zeros where the number has fewer.
    private mutating func append(digits count: Int, of number: Int) {
        var (divisor, rest) = (1, number)
        for _ in 1..<count { divisor *= 10 }
        bytes.append(addingCapacity: count) { text in
            for _ in 0..<count {
                text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / divisor))
                rest %= divisor
                divisor /= 10
            }
        }
    }

    private mutating func append(quoted text: String) {
        bytes.append(UInt8(ascii: "\""))
        bytes += text.utf8
        bytes.append(UInt8(ascii: "\""))
    }
}

/// A member of a usage line, with its name as it is written.
struct UsageMember: Sendable {
    /// `,"NAME":`
    fileprivate let beginning: [UInt8]

    init(_ name: String) { beginning = Array(",\"\(name)\":".utf8) }

    static let method = UsageMember("http.request.method")
    static let path = UsageMember("url.path")
    static let status = UsageMember("http.response.status_code")
    static let duration = UsageMember("http.server.request.duration")
    static let client = UsageMember("client.address")
    static let route = UsageMember("http.route")
    static let refusal = UsageMember("error.type")
    static let dimension = UsageMember("ephemerald.limit.dimension")
    static let tokenFlaw = UsageMember("ephemerald.token.flaw")
    static let unlogged = UsageMember("ephemerald.refusals.unlogged")
    static let caller = UsageMember("enduser.pseudo.id")
    static let userAgent = UsageMember("user_agent.original")
    static let origin = UsageMember("ephemerald.origin")
    static let originFlaw = UsageMember("ephemerald.origin.flaw")
    static let session = UsageMember("ephemerald.session.name")
    static let model = UsageMember("gen_ai.request.model")
    static let server = UsageMember("server.address")
    static let serverPort = UsageMember("server.port")
    static let secretDigest = UsageMember("ephemerald.secret.sha256")
    static let secretExpiresAt = UsageMember("ephemerald.secret.expires_at")
    static let sessionID = UsageMember("ephemerald.session.id")
    static let spent = UsageMember("ephemerald.spent")
    static let keyPlace = UsageMember("ephemerald.upstream.key.place")
    static let keyPrint = UsageMember("ephemerald.upstream.key.print")
    static let upstreamStatus = UsageMember("ephemerald.upstream.status_code")
    static let upstreamCode = UsageMember("ephemerald.upstream.error.code")
    static let upstreamMessage = UsageMember("ephemerald.upstream.error.message")
    static let upstreamAdvice = UsageMember("ephemerald.upstream.advice")
    static let upstreamRequestID = UsageMember("ephemerald.upstream.request.id")
}

/// Members of a usage line that are written once, because many lines have them.
struct UsageMembers: Sendable {
    fileprivate let bytes: [UInt8]

    private init(_ write: (inout UsageText) -> Void) {
        var text = UsageText()
        write(&text)
        bytes = text.bytes
    }

    /// Method and path of a request for a client secret.
    static let tokenRequest = UsageMembers {
        $0.append(.method, checked: "POST")
        $0.append(.path, checked: TokenService.tokenPath)
    }

    /// The route of such a request.
    static let tokenRoute = UsageMembers { $0.append(.route, checked: TokenService.tokenPath) }

    static func status(_ status: Int) -> UsageMembers { UsageMembers { $0.append(.status, status) } }

    /// Which key of the upstream a request was sent with last.
    static func key(place: Int, print: KeyPrint) -> UsageMembers {
        UsageMembers {
            $0.append(.keyPlace, place)
            $0.append(.keyPrint, checked: print.description)
        }
    }

    /// The code of a refusal.
    static func refusal(_ code: String) -> UsageMembers { UsageMembers { $0.append(.refusal, checked: code) } }
}
