extension MetricCounts {
    /// The counts as metrics; series in the order of their labels, so that two scrapes can be compared by eye.
    package var families: [MetricFamily] {
        [
            MetricFamily(
                "ephemerald_requests", .counter, "Requests answered.",
                samples(answered) { [("route", $0.route), ("status", "\($0.status)")] }),
            MetricFamily(
                "ephemerald_mints", .counter, "Mints tried, by what became of them.",
                samples(minted) { [("session", $0.session), ("outcome", $0.outcome)] }),
            MetricFamily(
                "ephemerald_refusals", .counter, "Requests refused, by code, and by dimension where a limit refused.",
                samples(refused) { [("code", $0.code), ("dimension", $0.dimension)] }),
            MetricFamily(
                "ephemerald_upstream_exchanges", .counter,
                "Requests to the upstream, retries included, by status or kind of failure.",
                samples(exchanges) { [("outcome", $0)] }),
            MetricFamily(
                "ephemerald_upstream_duration_seconds", .histogram, "How long requests to the upstream took.",
                exchangeTimes.samples),
        ]
    }

    private func samples<Key: Hashable>(
        _ counts: [Key: UInt64], _ labels: (Key) -> [(name: String, value: String)]
    ) -> [MetricFamily.Sample] {
        let rows = counts.map { (labels: labels($0.key), count: $0.value) }
        let sorted = rows.sorted { $0.labels.map(\.value).lexicographicallyPrecedes($1.labels.map(\.value)) }
        return sorted.map { MetricFamily.Sample(Double($0.count), $0.labels) }
    }
}

extension Histogram {
    /// Buckets that count all below their bound, then count and sum.
    fileprivate var samples: [MetricFamily.Sample] {
        var total: UInt64 = 0
        var samples: [MetricFamily.Sample] = []
        for (index, count) in counts.enumerated() {
            total += count
            let bound = index < Histogram.bounds.count ? "\(Histogram.bounds[index])" : "+Inf"
            samples.append(MetricFamily.Sample(Double(total), [("le", bound)], suffix: "_bucket"))
        }
        samples.append(MetricFamily.Sample(Double(total), suffix: "_count"))
        samples.append(MetricFamily.Sample(Double(sum) / 1e9, suffix: "_sum"))
        return samples
    }
}
