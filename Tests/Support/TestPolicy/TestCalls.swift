package import EphemeraldCore
package import Sessions

/// Names, plans and times for tests of the book.
package enum TestCalls {
    /// 40 names, made once: a name takes a hash.
    package static let names = (0..<40).map { CallID(randomBits: UInt128($0)).name }
    package static let ann = CallBinding(caller: "ann", origin: "https://app.example")
    package static let bob = CallBinding(caller: "bob", origin: "https://app.example")
    package static let day = Day(2026, 11, 27)

    /// A call of ann's: 30 minutes, a lease of a minute, 0.05 a minute.
    package static func plan(
        _ type: CallType = .realtime, caller: String? = "ann", client: UInt128? = 1, session: String = "default",
        binding: CallBinding = ann, maximumSeconds: Int = 1_800, leaseSeconds: Int = 60, microsPerMinute: Int64 = 50_000
    ) -> CallPlan {
        CallPlan(
            type: type, session: session, caller: caller, client: client, binding: binding,
            maximumSeconds: maximumSeconds, leaseSeconds: leaseSeconds,
            price: Price(perMinute: Money(micros: microsPerMinute)), day: day, requestID: "r")
    }

    /// What random schedules choose from.
    package static let plans = (0..<48).map { index in
        let callers: [String?] = ["ann", "bob", nil]
        return plan(
            index % 3 == 0 ? .live : .realtime, caller: callers[index / 3 % 3], client: UInt128(index % 2),
            session: index % 5 < 3 ? "default" : "other", maximumSeconds: [60, 90, 1_800, 3_600][index % 4],
            leaseSeconds: [0, 10, 60, 300][index / 4 % 4], microsPerMinute: [0, 1, 50_000, 59_999][index / 12])
    }
    /// Milliseconds between two steps of a schedule.
    package static let pauses = [
        0, 0, 0, 1, 499, 500, 501, 1_000, 4_999, 9_999, 10_000, 14_999, 15_000, 30_000, 59_999, 60_000, 90_000, 600_000,
        1_800_000, 3_600_000,
    ]
    package static let maxima = [
        CallMaxima(all: 4, caller: 2, client: 3, session: 3), CallMaxima(caller: 1), CallMaxima(all: 1), CallMaxima(),
    ]
    package static let spendingLimits = [
        SpendingLimits(caller: Money(micros: 2_000_000), all: Money(micros: 4_000_000)),
        SpendingLimits(all: Money(micros: 4_000_000)), SpendingLimits(caller: .largest, all: .largest),
    ]
}

/// Milliseconds in nanoseconds.
package func at(_ milliseconds: Int) -> UInt64 { UInt64(milliseconds) * 1_000_000 }

extension CallBook {
    /// A call that was reserved and opened at that time.
    package mutating func opened(_ name: CallName, _ plan: CallPlan, at milliseconds: Int) -> CallRecord {
        guard reserve(name, plan, within: CallMaxima()) == nil else { fatalError("there are no maxima") }
        return open(
            name, upstreamID: "rtc_1", upstreamHost: "api.openai.com", key: KeyPrint(ofKey: "sk-1"),
            now: at(milliseconds))
    }

    /// The reasons of the calls to be ended at that time.
    package mutating func reasons(at milliseconds: Int) -> [CallEndReason] {
        due(now: at(milliseconds)).compactMap { if case .end(_, let reason) = $0 { reason } else { nil } }
    }
}
