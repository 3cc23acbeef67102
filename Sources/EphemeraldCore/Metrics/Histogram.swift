/// How long something took, counted by buckets: a classic histogram of Prometheus, with the same bounds at all times.
struct Histogram: Sendable {
    /// The upper bounds of the buckets; the last bucket has none.
    enum Bounds: Sendable {
        /// For exchanges with the upstream: a mint takes 0.2 to 1 s, and the default deadline is 10 s.
        case exchange
        /// For requests to this service: what OpenTelemetry advises for `http.server.request.duration`.
        case request

        /// In milliseconds.
        var values: [UInt64] {
            switch self {
            case .exchange: [50, 100, 200, 300, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000]
            case .request: [5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000]
            }
        }
    }

    private let bounds: Bounds
    /// The bounds in nanoseconds, in place: every request looks at them. Those that are left over are never exceeded.
    private var limits = InlineArray<15, UInt64>(repeating: .max)
    /// How many values each bucket has that no bucket before it has. There is one bucket more than there are bounds; those
    /// that are left over stay 0.
    private var counts = InlineArray<15, UInt64>(repeating: 0)
    /// The sum of all values, in nanoseconds.
    private var sum: UInt64 = 0

    /// Nothing is counted.
    init(_ bounds: Bounds) {
        self.bounds = bounds
        let values = bounds.values
        precondition(values.count < counts.count, "a bucket for each bound, and the last one")
        for index in values.indices { limits[index] = values[index] * 1_000_000 }
    }

    /// How many values are counted.
    var total: UInt64 { counts.indices.reduce(0) { $0 + counts[$1] } }

    /// - Parameter nanoseconds: the duration. A value on a bound is counted in the bucket below it.
    mutating func record(_ nanoseconds: UInt64) {
        var index = 0
        while nanoseconds > limits[index] { index += 1 }
        counts[index] += 1
        sum += nanoseconds
    }

    /// Adds what another with the same bounds has counted.
    mutating func add(_ other: Histogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        sum += other.sum
    }

    /// Buckets with the number of all values below their bound, then count and sum.
    /// - Parameter labels: those of the series.
    func samples(_ labels: [(name: String, value: String)] = []) -> [MetricFamily.Sample] {
        var total: UInt64 = 0
        var samples: [MetricFamily.Sample] = []
        let values = bounds.values
        for index in 0...values.count {
            total += counts[index]
            let bound = index < values.count ? "\(Double(values[index]) / 1_000)" : "+Inf"
            samples.append(MetricFamily.Sample(Double(total), labels + [("le", bound)], suffix: "_bucket"))
        }
        samples.append(MetricFamily.Sample(Double(total), labels, suffix: "_count"))
        samples.append(MetricFamily.Sample(Double(sum) / 1e9, labels, suffix: "_sum"))
        return samples
    }
}
