import Sessions

/// The counts of calls since the start of the process that no loop keeps: how calls ended, and how long they lasted.
package struct CallCounts: Sendable {
    private var ended: [CallEndReason: Int] = [:]
    /// By session. The operator defines their names.
    private var seconds: [String: Int] = [:]
    private var failures = 0
    private var beyondWorstCase = Money.zero

    /// All counts are 0.
    package init() {}

    /// Counts a call that is over.
    package mutating func settled(_ settlement: CallSettlement) {
        ended[settlement.reason, default: 0] += 1
        seconds[settlement.record.plan.session, default: 0] += settlement.seconds
        if settlement.givenBack < .zero { beyondWorstCase = beyondWorstCase - settlement.givenBack }
    }

    /// Counts an attempt after which nobody knows whether the call is over.
    package mutating func failed() {
        failures += 1
    }

    /// The counts and the calls of this moment as metrics.
    /// - Parameters:
    ///   - listing: the calls that are open or ending.
    ///   - maximum: how many may be open at once; nil for any number.
    ///   - sessions: the names of all sessions, which get a series each, with 0 for what has not happened yet.
    package func families(listing: [CallListing], maximum: Int?, sessions: [String]) -> [MetricFamily] {
        var open = Dictionary(uniqueKeysWithValues: sessions.map { ($0, 0) })
        let seconds = seconds.merging(open, uniquingKeysWith: +)
        for call in listing where call.reason == nil { open[call.record.plan.session, default: 0] += 1 }
        let ending = listing.filter { $0.reason != nil }
        return [
            MetricFamily(
                "ephemerald_calls_open", .gauge, "Calls that are open, by session.", CallCounts.samples(open)),
            MetricFamily(
                "ephemerald_calls_max", .gauge, "The value of MAX_CALLS.",
                maximum.map { [MetricFamily.Sample(Double($0))] } ?? []),
            MetricFamily("ephemerald_calls_ending", .gauge, "Calls whose end is not confirmed yet.", ending.count),
            MetricFamily(
                "ephemerald_calls_ending_age_seconds", .gauge,
                "How long the oldest of these calls has been ending; 0 when there is none.",
                ending.map(\.endingFor).max()?.components.seconds ?? 0),
            MetricFamily(
                "ephemerald_call_end_failures", .counter, "Attempts to end a call that did not end it.", failures),
            MetricFamily(
                "ephemerald_calls_ended", .counter, "Calls that are over, by reason.",
                CallEndReason.allCases.map {
                    MetricFamily.Sample(Double(ended[$0] ?? 0), [("reason", $0.rawValue)])
                }),
            MetricFamily(
                "ephemerald_call_seconds", .counter, "Duration of the calls that are over, by session.",
                CallCounts.samples(seconds)),
            MetricFamily(
                "ephemerald_spent_beyond_worst_case", .counter,
                "What calls cost beyond their worst case, in the operator's currency.",
                [MetricFamily.Sample(Double(beyondWorstCase.micros) / 1e6)]),
        ]
    }

    private static func samples(_ counts: [String: Int]) -> [MetricFamily.Sample] {
        counts.sorted { $0.key < $1.key }.map { MetricFamily.Sample(Double($0.value), [("session", $0.key)]) }
    }
}
