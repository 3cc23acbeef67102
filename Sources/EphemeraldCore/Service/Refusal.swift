package import HTTP
import JSON
import Text

/// Why a request is refused. Kind, detail and time are decided by exhaustive switches, so that a new case does not compile
/// until it has all of them. No part of the text comes from the upstream.
package enum Refusal: Error, Hashable, Sendable {
    /// The framing is ambiguous, or the request is not HTTP; the text says what is wrong.
    case malformed(String)
    /// The request line and the fields together have more than this many bytes.
    case headTooLarge(limit: Int)
    /// The body has more than this many bytes.
    case bodyTooLarge(limit: Int)
    /// Nothing is served at the path.
    case notFound
    /// - Parameter allowed: the field `Allow`.
    case methodNotAllowed(allowed: String)
    /// The page's origin is not in the list, or the request names more than one origin, or one that no browser sends.
    case originNotAllowed
    /// The origin is in the list, but not among those that the session names.
    case originNotAllowedForSession
    /// There is no `Origin` field, and the settings require one.
    case originMissing
    /// A preflight requests more than is allowed: another method or header field, or it has no readable origin. The
    /// browser gets an empty 403.
    case preflightRefused
    /// The request has no credentials, and they are required.
    case authenticationRequired
    /// The credentials are not valid. The caller does not learn why; the log has the flaw of a token.
    case authenticationFailed(TokenFlaw?)
    /// The keys that verify tokens cannot be fetched, so that no token can be accepted or refused.
    case keysUnavailable(retryAfter: Duration)
    /// The caller's token lists the sessions that they may use, and this one is not among them.
    case sessionNotAllowed
    /// The operator has denied the caller, the address or the origin.
    case denied(Denial.Kind)
    /// The body or the query is wrong.
    /// - Parameter path: the member: `overrides.audio.output.voice`; empty for the whole body.
    case invalidRequest(path: String, String)
    /// No session has that name, or it cannot be a name.
    case unknownSession
    /// The session has no client secrets: the service creates its calls.
    case callRequired
    /// The service creates no calls of the session: the page calls with a client secret.
    case tokenRequired
    /// The body is neither an SDP offer nor JSON.
    case unsupportedMediaType
    /// The SDP offer cannot be used; nil when the upstream says so.
    case invalidOffer(InvalidOffer?)
    /// As many calls are open as may be at once.
    case tooManyCalls(CallDimension)
    /// There is no call with that id, or it is another caller's.
    case callNotFound
    /// The call has ended.
    case callEnded(CallEndReason)
    /// A limit is reached, or the table of limits is full.
    case rateLimited(LimitReached)
    /// A quota of the day is used up.
    case quotaExhausted(LimitReached)
    /// The request is refused for another reason, and so many of this client's were that they have no usage line.
    case tooManyRefusals(retryAfter: Duration)
    /// Redis, which counts for several processes, is away, and the settings say to refuse then.
    case limitsUnavailable
    /// The operator has paused minting.
    case mintingPaused
    /// As many mints are under way as the settings allow.
    case overloaded
    /// The daemon is shutting down.
    case shuttingDown
    /// The upstream has failed so often that it is not called for a while.
    case upstreamUnavailable(retryAfter: Duration)
    /// The upstream's own rate limit is reached; the time is the upstream's.
    case upstreamRateLimited(retryAfter: Duration)
    /// The upstream does not accept any of our keys.
    case upstreamAuth
    /// The upstream's account has no credit left.
    case upstreamQuota
    /// The upstream refuses the session.
    case upstreamRejected
    /// The upstream has nothing at the configured address, or does not know the model.
    case upstreamNotFound
    /// The upstream cannot be reached, failed, or sent an unreadable answer.
    case upstreamError
    /// The upstream did not answer within the time that a mint has with all its retries; it may have minted.
    case upstreamTimeout
}

extension Refusal {
    /// The status of the answer.
    package var status: Status { kind.status }

    /// The name of the refusal for programs; it is documented and does not change.
    package var code: String { kind.code }

    /// The title for people, the same for every occurrence of the refusal (RFC 9457 section 3.1.3).
    package var title: String { kind.title }

    /// What is the same for all refusals of the case.
    var kind: RefusalKind {
        switch self {
        case .malformed: .malformed
        case .headTooLarge: .headTooLarge
        case .bodyTooLarge: .bodyTooLarge
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .originNotAllowed: .originNotAllowed
        case .originNotAllowedForSession: .originNotAllowedForSession
        case .originMissing: .originMissing
        case .preflightRefused: .preflightRefused
        case .authenticationRequired: .authenticationRequired
        case .authenticationFailed: .authenticationFailed
        case .keysUnavailable: .keysUnavailable
        case .sessionNotAllowed: .sessionNotAllowed
        case .denied: .denied
        case .invalidRequest: .invalidRequest
        case .unknownSession: .unknownSession
        case .callRequired: .callRequired
        case .tokenRequired: .tokenRequired
        case .unsupportedMediaType: .unsupportedMediaType
        case .invalidOffer: .invalidOffer
        case .tooManyCalls: .tooManyCalls
        case .callNotFound: .callNotFound
        case .callEnded: .callEnded
        case .rateLimited: .rateLimited
        case .quotaExhausted: .quotaExhausted
        case .tooManyRefusals: .tooManyRefusals
        case .limitsUnavailable: .limitsUnavailable
        case .mintingPaused: .mintingPaused
        case .overloaded: .overloaded
        case .shuttingDown: .shuttingDown
        case .upstreamUnavailable: .upstreamUnavailable
        case .upstreamRateLimited: .upstreamRateLimited
        case .upstreamAuth: .upstreamAuth
        case .upstreamQuota: .upstreamQuota
        case .upstreamRejected: .upstreamRejected
        case .upstreamNotFound: .upstreamNotFound
        case .upstreamError: .upstreamError
        case .upstreamTimeout: .upstreamTimeout
        }
    }

    /// A sentence for the developer of the page.
    package var detail: String {
        switch self {
        case .malformed(let reason): "The request is malformed: \(reason)."
        case .headTooLarge(let limit): "The request line and the header fields have more than \(limit) bytes."
        case .bodyTooLarge(let limit): "The request body has more than \(limit) bytes."
        case .methodNotAllowed(let allowed): "This path supports only \(allowed)."
        case .invalidRequest(let path, let message):
            path.isEmpty ? "The body \(message)." : "\(path.loggable(256)) \(message)."
        case .invalidOffer(let offer): offer?.detail ?? "The upstream does not accept the SDP offer."
        case .tooManyCalls(let dimension): "\(dimension.detail) Try again when one has ended."
        case .callEnded(let reason): "The call has ended: \(reason.rawValue)."
        case .quotaExhausted(let reached): "\(reached.detail) The next day begins at midnight UTC."
        case .rateLimited, .tooManyRefusals: timedDetail?.description ?? ""
        case .notFound, .originNotAllowed, .originNotAllowedForSession, .originMissing, .preflightRefused,
            .authenticationRequired, .authenticationFailed, .keysUnavailable, .sessionNotAllowed, .denied,
            .unknownSession, .callRequired, .tokenRequired, .unsupportedMediaType, .callNotFound, .limitsUnavailable,
            .mintingPaused, .overloaded, .shuttingDown, .upstreamUnavailable, .upstreamRateLimited, .upstreamAuth,
            .upstreamQuota, .upstreamRejected, .upstreamNotFound, .upstreamError, .upstreamTimeout:
            kind.detail ?? ""
        }
    }

    /// The detail that names the seconds to wait; nil for one that does not.
    var timedDetail: TimedDetail? {
        switch self {
        case .rateLimited(let reached): TimedDetail(reached.detail, "Try again in", reached.wait)
        case .tooManyRefusals(let time):
            TimedDetail("Too many requests were refused.", "The reason is given again in", time)
        default: nil
        }
    }

    /// The time after which another attempt may succeed; nil where waiting does not help.
    package var retryAfter: Duration? {
        switch self {
        case .rateLimited(let reached), .quotaExhausted(let reached): reached.wait
        case .upstreamUnavailable(let time), .upstreamRateLimited(let time), .keysUnavailable(let time),
            .tooManyRefusals(let time):
            time
        case .limitsUnavailable, .overloaded, .shuttingDown: .seconds(1)
        case .tooManyCalls: .seconds(10)
        // Nobody knows when; long enough that all clients together send few requests.
        case .mintingPaused: .seconds(30)
        case .malformed, .headTooLarge, .bodyTooLarge, .notFound, .methodNotAllowed, .originNotAllowed,
            .originNotAllowedForSession, .originMissing, .preflightRefused, .authenticationRequired,
            .authenticationFailed, .sessionNotAllowed, .denied, .invalidRequest, .unknownSession, .callRequired,
            .tokenRequired, .unsupportedMediaType, .invalidOffer, .callNotFound, .callEnded, .upstreamAuth,
            .upstreamQuota, .upstreamRejected, .upstreamNotFound, .upstreamError, .upstreamTimeout:
            nil
        }
    }

    /// What the limit, quota or maximum that refused counts by, or whom a denial is about; nil when it was none of these.
    package var dimension: String? {
        switch self {
        case .rateLimited(let reached), .quotaExhausted(let reached): reached.dimension
        case .tooManyCalls(let dimension): dimension.rawValue
        case .denied(let kind): kind.rawValue
        default: nil
        }
    }
}

/// A sentence, and a second one that ends with the seconds to wait: `Try again in 6 s.`
struct TimedDetail: CustomStringConvertible {
    private let sentence: String
    private let clause: String
    private let seconds: Int

    init(_ sentence: String, _ clause: String, _ time: Duration) {
        (self.sentence, self.clause) = (sentence, clause)
        seconds = Int(RateLimitFields.wholeSeconds(time))
    }

    /// Appends the text, which needs no escape in JSON.
    func append(to text: inout [UInt8]) {
        text += sentence.utf8
        text.append(UInt8(ascii: " "))
        text += clause.utf8
        text.append(UInt8(ascii: " "))
        text.append(digitsOf: seconds)
        text += " s.".utf8
    }

    var description: String {
        var text: [UInt8] = []
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}
