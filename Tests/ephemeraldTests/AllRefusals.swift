import EphemeraldCore
import HTTP
import Sessions

/// Every refusal once, in a row.
struct AllRefusals: Sequence {
    func makeIterator() -> some IteratorProtocol<Refusal> {
        sequence(first: Refusal.malformed(""), next: refusal(behind:)).makeIterator()
    }
}

/// A limit in force, whatever it is.
private let onePerMinute: RateLimit = {
    do { return try RateLimit(parsing: "1/min") } catch { preconditionFailure("1/min is a limit") }
}()

private let spentLimit = LimitReached(
    .rate(LimitCheck(LimitRule(.client, onePerMinute), LimitIdentity(.everybody))), wait: .seconds(1))

private let spentQuota = LimitReached(.quota(QuotaCheck(.all, allowance: 1, identity: "")), wait: .seconds(1))

/// The refusals in a row. A new case does not compile until it has a place here: give it one behind the last.
private func refusal(behind refusal: Refusal) -> Refusal? {
    switch refusal {
    case .malformed: .headTooLarge(limit: 1)
    case .headTooLarge: .bodyTooLarge(limit: 1)
    case .bodyTooLarge: .notFound
    case .notFound: .methodNotAllowed(allowed: "POST")
    case .methodNotAllowed: .originNotAllowed
    case .originNotAllowed: .originNotAllowedForSession
    case .originNotAllowedForSession: .originMissing
    case .originMissing: .preflightRefused
    case .preflightRefused: .authenticationRequired
    case .authenticationRequired: .authenticationFailed(nil)
    case .authenticationFailed: .keysUnavailable(retryAfter: .seconds(5))
    case .keysUnavailable: .sessionNotAllowed
    case .sessionNotAllowed: .denied(.caller)
    case .denied: .invalidRequest(path: "", "")
    case .invalidRequest: .unknownSession
    case .unknownSession: .callRequired
    case .callRequired: .tokenRequired
    case .tokenRequired: .unsupportedMediaType
    case .unsupportedMediaType: .invalidOffer(nil)
    case .invalidOffer: .tooManyCalls(.all)
    case .tooManyCalls: .callNotFound
    case .callNotFound: .callEnded(.lease)
    case .callEnded: .rateLimited(spentLimit)
    case .rateLimited: .quotaExhausted(spentQuota)
    case .quotaExhausted: .tooManyRefusals(retryAfter: .seconds(1))
    case .tooManyRefusals: .limitsUnavailable
    case .limitsUnavailable: .mintingPaused
    case .mintingPaused: .overloaded
    case .overloaded: .shuttingDown
    case .shuttingDown: .upstreamUnavailable(retryAfter: .seconds(1))
    case .upstreamUnavailable: .upstreamRateLimited(retryAfter: .seconds(1))
    case .upstreamRateLimited: .upstreamAuth
    case .upstreamAuth: .upstreamQuota
    case .upstreamQuota: .upstreamRejected
    case .upstreamRejected: .upstreamNotFound
    case .upstreamNotFound: .upstreamError
    case .upstreamError: .upstreamTimeout
    case .upstreamTimeout: nil
    }
}
