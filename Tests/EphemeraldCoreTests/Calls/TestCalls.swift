import EphemeraldCore
import Sessions

/// Names, plans and times for tests of the book.
enum TestCalls {
    /// 40 names, made once: a name takes a hash.
    static let names = (0..<40).map { CallID(randomBits: UInt128($0)).name }
    static let ann = CallBinding(caller: "ann", origin: "https://app.example")
    static let bob = CallBinding(caller: "bob", origin: "https://app.example")
    static let day = Day(2026, 11, 27)

    /// A call of ann's: 30 minutes, a lease of a minute, 0.05 a minute.
    static func plan(
        _ type: CallType = .realtime, caller: String? = "ann", client: UInt128? = 1, session: String = "default",
        binding: CallBinding = ann, maximumSeconds: Int = 1_800, leaseSeconds: Int = 60, microsPerMinute: Int64 = 50_000
    ) -> CallPlan {
        CallPlan(
            type: type, session: session, caller: caller, client: client, binding: binding,
            maximumSeconds: maximumSeconds, leaseSeconds: leaseSeconds,
            price: Price(perMinute: Money(micros: microsPerMinute)), day: day, requestID: "r")
    }
}

/// Milliseconds in nanoseconds.
func at(_ milliseconds: Int) -> UInt64 { UInt64(milliseconds) * 1_000_000 }

extension CallBook {
    /// A call that was reserved and opened at that time.
    mutating func opened(_ name: CallName, _ plan: CallPlan, at milliseconds: Int) -> CallRecord {
        guard reserve(name, plan, within: CallMaxima()) == nil else { fatalError("there are no maxima") }
        return open(
            name, upstreamID: "rtc_1", upstreamHost: "api.openai.com", key: KeyPrint(ofKey: "sk-1"),
            now: at(milliseconds))
    }

    /// The reasons of the calls to be ended at that time.
    mutating func reasons(at milliseconds: Int) -> [CallEndReason] {
        due(now: at(milliseconds)).compactMap { if case .end(_, let reason) = $0 { reason } else { nil } }
    }
}
