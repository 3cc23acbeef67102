import HTTP
import Sessions

/// The result of one attempt to mint.
enum MintVerdict {
    case minted(ClientSecret)
    /// The key is refused or its account is used up; another key may work.
    case tryNextKey(MintFailure)
    /// A transient failure: another attempt may succeed, after that time if the upstream names one.
    case retry(MintFailure, after: Duration?)
    case final(MintFailure)

    /// Decides by the table of errors in OpenAI's error guide. A 429 is passed on, not retried: the browser knows whether
    /// its user still waits.
    /// - Parameters:
    ///   - url: the address of the request, for the log.
    ///   - key: the key of the request.
    init(_ response: Response, of url: String, for session: Session, keys: [Secret], by key: UpstreamKey) {
        if response.status == .ok {
            if let secret = ClientSecret(response, inFull: session.answersInFull, by: key) {
                self = .minted(secret)
            } else {
                var report = UpstreamReport(response, hiding: keys)
                (report.code, report.message) = ("unreadable_answer", nil)
                self = .final(MintFailure(refusal: .upstreamError, report: report, key: key))
            }
            return
        }
        var report = UpstreamReport(response, hiding: keys)
        if response.status == .notFound { report.adviseOnNotFound(at: url, model: session.model) }
        func failure(_ refusal: Refusal) -> MintFailure {
            MintFailure(refusal: refusal, report: report, key: key)
        }
        switch response.status.rawValue {
        case 401: self = .tryNextKey(failure(.upstreamAuth))
        case 403: self = .final(failure(.upstreamAuth))
        case 429 where ["insufficient_quota", "credit_balance_exhausted"].contains(report.code):
            self = .tryNextKey(failure(.upstreamQuota))
        case 429:
            let wait = MintVerdict.retryAfter(in: response.fields) ?? .seconds(1)
            self = .final(failure(.upstreamRateLimited(retryAfter: wait)))
        case 408, 409, 500, 502, 503, 504:
            self = .retry(failure(.upstreamError), after: MintVerdict.retryAfter(in: response.fields))
        case 404: self = .final(failure(.upstreamNotFound))
        case 400..<500: self = .final(failure(.upstreamRejected))
        default: self = .final(failure(.upstreamError))
        }
    }

    init(_ transfer: TransferFailure, by key: UpstreamKey) {
        let report = UpstreamReport(transfer)
        func failure(_ refusal: Refusal) -> MintFailure {
            MintFailure(refusal: refusal, report: report, key: key)
        }
        self =
            switch transfer {
            case .cannotConnect, .broken: .retry(failure(.upstreamError), after: nil)
            case .tls, .tooLarge: .final(failure(.upstreamError))
            case .timedOut: .final(failure(.upstreamTimeout))
            case .cancelled: .final(failure(.shuttingDown))
            }
    }

    /// Why the attempt did not succeed; nil when it did.
    var failure: MintFailure? {
        switch self {
        case .minted: nil
        case .tryNextKey(let failure), .retry(let failure, after: _), .final(let failure): failure
        }
    }

    /// Whether the upstream accepted the key, even if it refused the request for another reason.
    var showsThatKeyWorks: Bool {
        switch self {
        case .minted: true
        case .tryNextKey, .retry: false
        case .final(let failure):
            switch failure.refusal {
            case .upstreamRejected, .upstreamRateLimited: true
            default: false
            }
        }
    }

    /// Whether the upstream works, even if it refused; nil when that is not known.
    var isUpstreamAlive: Bool? {
        switch self {
        case .minted, .tryNextKey: true
        case .retry: false
        case .final(let failure):
            switch failure.refusal {
            case .upstreamError, .upstreamTimeout: false
            case .shuttingDown: nil
            default: true
            }
        }
    }

    /// `retry-after-ms`, else `retry-after` in seconds, kept within an hour; a date is not read.
    private static func retryAfter(in fields: Fields) -> Duration? {
        if let milliseconds = fields["retry-after-ms"].flatMap({ Double($0) }), (0...3_600_000).contains(milliseconds) {
            return .milliseconds(milliseconds)
        }
        guard let seconds = fields["retry-after"].flatMap({ Double($0) }), seconds >= 0 else { return nil }
        return .seconds(min(seconds, 3_600))
    }
}

/// Why a mint failed, for the browser and for the log.
package final class MintFailure: Error {
    /// The refusal that the browser gets.
    package let refusal: Refusal
    /// The report for the log; nil when the upstream was not called.
    package let report: UpstreamReport?
    /// The key that was tried last; nil when the upstream was not called.
    let key: UpstreamKey?

    init(refusal: Refusal, report: UpstreamReport?, key: UpstreamKey? = nil) {
        self.refusal = refusal
        self.report = report
        self.key = key
    }
}
