import JSON

/// The last hour of the counters, minute by minute, in memory of a fixed size. It has neither clock nor lock.
///
/// It reads the metrics that a scrape shows, once a minute, so its figures are theirs and requests cost nothing more.
package struct RecentHour: Sendable {
    /// How many rows there are at most; the last one is the minute under way.
    package static let minutes = 60

    /// The counters at the beginning of a row.
    private struct Mark: Sendable {
        let unixMilliseconds: Int64
        let sums: CounterSums
    }

    /// The oldest first; never empty.
    private var marks: [Mark]

    /// The first row begins.
    package init(with families: [MetricFamily], unixMilliseconds: Int64) {
        marks = [Mark(unixMilliseconds: unixMilliseconds, sums: CounterSums(families))]
    }

    /// Begins the next row. The oldest one makes room.
    package mutating func mark(_ families: [MetricFamily], unixMilliseconds: Int64) {
        if marks.count == RecentHour.minutes { marks.removeFirst() }
        marks.append(Mark(unixMilliseconds: unixMilliseconds, sums: CounterSums(families)))
    }

    /// The rows, the oldest first. The last one ends now.
    func rows(_ sums: CounterSums, unixMilliseconds: Int64) -> JSON {
        let ends = marks.dropFirst() + [Mark(unixMilliseconds: unixMilliseconds, sums: sums)]
        return .array(
            zip(marks, ends).map { begin, end in
                let milliseconds = max(0, end.unixMilliseconds - begin.unixMilliseconds)
                var row: JSONObject = [
                    "start": .string(Timestamp.rfc3339(begin.unixMilliseconds)),
                    "seconds": .number(JSONNumber(Int((milliseconds + 500) / 1_000))),
                ]
                for member in end.sums.difference(from: begin.sums).members { row[member.name] = member.value }
                return .object(row)
            })
    }
}

/// The counters that the rows are made of: sums of the series of some metrics.
struct CounterSums: Sendable {
    /// Why requests were refused.
    private struct Refused: Hashable, Comparable, Sendable {
        let code: String
        let dimension: String

        static func < (left: Refused, right: Refused) -> Bool {
            (left.code, left.dimension) < (right.code, right.dimension)
        }
    }

    private let minted: Int
    private let calls: Int
    private let refused: [Refused: Int]
    /// How many requests to the upstream took at most so many seconds, by the bounds of the histogram.
    private let durations: [Double: Int]

    init(_ families: [MetricFamily]) {
        var (minted, calls) = (0, 0)
        var refused: [Refused: Int] = [:]
        var durations: [Double: Int] = [:]
        for family in families {
            for sample in family.samples {
                switch family.name {
                case "ephemerald_mints" where sample.label("outcome") == "minted": minted += Int(sample.value)
                case "ephemerald_calls_created": calls += Int(sample.value)
                case "ephemerald_refusals":
                    let reason = Refused(code: sample.label("code"), dimension: sample.label("dimension"))
                    refused[reason, default: 0] += Int(sample.value)
                case "ephemerald_upstream_duration_seconds" where sample.suffix == "_bucket":
                    let bound = sample.label("le")
                    durations[bound == "+Inf" ? .infinity : Double(bound) ?? .infinity, default: 0] += Int(sample.value)
                default: break
                }
            }
        }
        self.minted = minted
        self.calls = calls
        self.refused = refused
        self.durations = durations
    }

    /// What was counted since the start.
    var totals: JSON {
        [
            "tokens": .number(JSONNumber(minted - calls)), "calls": .number(JSONNumber(calls)),
            "refusals": .number(JSONNumber(refused.values.reduce(0, +))),
            "upstream_requests": .number(JSONNumber(durations[.infinity] ?? 0)),
        ]
    }

    /// What was counted since the other sums. Refusals that did not happen are left out.
    func difference(from old: CounterSums) -> JSONObject {
        let reasons = refused.map { (reason: $0.key, count: $0.value - (old.refused[$0.key] ?? 0)) }
        let refusals = reasons.filter { $0.count > 0 }.sorted { $0.reason < $1.reason }.map { reason, count -> JSON in
            var refusal: JSONObject = ["code": .string(reason.code)]
            if !reason.dimension.isEmpty { refusal["dimension"] = .string(reason.dimension) }
            refusal["count"] = .number(JSONNumber(count))
            return .object(refusal)
        }
        let calls = calls - old.calls
        return [
            "tokens": .number(JSONNumber(minted - old.minted - calls)), "calls": .number(JSONNumber(calls)),
            "refusals": .array(refusals),
            "upstream": CounterSums.upstream(durations.merging(old.durations) { $0 - $1 }),
        ]
    }

    /// - Parameter durations: how many requests took at most so long.
    private static func upstream(_ durations: [Double: Int]) -> JSON {
        let requests = durations[.infinity] ?? 0
        var upstream: JSONObject = ["requests": .number(JSONNumber(requests))]
        guard requests > 0 else { return .object(upstream) }
        let buckets = durations.sorted { $0.key < $1.key }.map { (bound: $0.key, count: $0.value) }
        for (name, share) in [("p50_seconds", 0.5), ("p95_seconds", 0.95)] {
            let seconds = quantile(share, of: buckets, requests: requests)
            upstream[name] = .number(JSONNumber((seconds * 1_000).rounded() / 1_000))
        }
        return .object(upstream)
    }

    /// Interpolates within the bucket, as Prometheus' `histogram_quantile` does; beyond the last bound it is that bound.
    private static func quantile(_ share: Double, of buckets: [(bound: Double, count: Int)], requests: Int) -> Double {
        let rank = share * Double(requests)
        var low = (bound: 0.0, count: 0)
        for bucket in buckets where bucket.bound.isFinite {
            if Double(bucket.count) >= rank, bucket.count > low.count {
                let part = (rank - Double(low.count)) / Double(bucket.count - low.count)
                return low.bound + (bucket.bound - low.bound) * part
            }
            low = bucket
        }
        return low.bound
    }
}

extension MetricFamily.Sample {
    /// The value of a label; empty for a label that the series does not have.
    fileprivate func label(_ name: String) -> String {
        labels.first { $0.name == name }?.value ?? ""
    }
}
