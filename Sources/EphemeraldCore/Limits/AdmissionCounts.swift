package import Locking
import Sessions

/// Limits and quotas together, so that a request passes all of them or takes from none. It has neither clock nor lock.
package struct AdmissionCounts: Sendable {
    private var limiter: RateLimiter
    /// What the quotas have counted.
    package var ledger: QuotaLedger

    /// With what was counted before, as the usage log tells it; by default nothing.
    package init(limiter: RateLimiter = RateLimiter(), ledger: QuotaLedger = QuotaLedger()) {
        self.limiter = limiter
        self.ledger = ledger
    }

    /// The number of keys that the limits can remember.
    package var limitCapacity: Int { limiter.capacity }

    /// How many keys owe something to a limit. The table is read piece by piece, so that no request waits for all of it.
    /// - Parameter now: nanoseconds on a monotonic clock.
    package static func limitKeysHeld(by counts: Locked<AdmissionCounts>, now: UInt64) -> Int {
        let piece = 4_096
        return stride(from: 0, to: counts.withLock(\.limitCapacity), by: piece).reduce(0) { held, start in
            held + counts.withLock { $0.limiter.held(in: start..<start + piece, now: now) }
        }
    }

    /// Decides on one request, and counts it when it is admitted. A spent quota is said first: it takes longer.
    /// - Parameters:
    ///   - now: nanoseconds on a monotonic clock, for the limits.
    ///   - unixMilliseconds: the wall clock, whose days the quotas go by.
    package mutating func admit(
        _ claim: AdmissionClaim, now: UInt64, unixMilliseconds: Int64
    ) -> AdmissionDecision {
        let day = Day(unixMilliseconds: unixMilliseconds)
        if !claim.quotas.isEmpty, let exhaustion = ledger.exhaustion(of: claim.quotas, on: day) {
            let wait = Day.milliseconds - unixMilliseconds.modulo(Day.milliseconds)
            return .exhausted(
                QuotaExhaustion(check: exhaustion.check, wait: .milliseconds(wait), isFull: exhaustion.isFull))
        }
        switch limiter.admit(claim.limits, now: now) {
        case .refused(let standing):
            return .limited(standing)
        case .admitted(let closest):
            ledger.take(claim.quotas, on: day, today: day)
            return .admitted(closest: closest, taken: QuotaReceipt(checks: claim.quotas, day: day))
        }
    }
}

extension Day {
    /// The length of a day; Unix time knows no leap seconds.
    fileprivate static let milliseconds: Int64 = 86_400_000

    /// The day on which that moment falls.
    package init(unixMilliseconds: Int64) {
        self.init(unixSeconds: Int((unixMilliseconds - unixMilliseconds.modulo(Day.milliseconds)) / 1_000))
    }
}

extension Int64 {
    /// Never negative.
    fileprivate func modulo(_ divisor: Int64) -> Int64 {
        let rest = self % divisor
        return rest < 0 ? rest + divisor : rest
    }
}
