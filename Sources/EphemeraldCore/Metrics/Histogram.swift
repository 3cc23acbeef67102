/// How long something took, counted by buckets: a classic histogram of Prometheus, with the same bounds at all times.
struct Histogram: Sendable {
    /// The upper bounds of the buckets; the last bucket has none.
    struct Bounds: Sendable {
        let seconds: [Double]
        fileprivate let nanoseconds: [UInt64]

        private init(_ seconds: [Double]) {
            self.seconds = seconds
            nanoseconds = seconds.map { UInt64($0 * 1e9) }
        }

        /// For exchanges with the upstream: a mint takes 0.2 to 1 s, and the default deadline is 10 s.
        static let exchange = Bounds([0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10])
        /// For requests to this service: what OpenTelemetry advises for `http.server.request.duration`.
        static let request = Bounds([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10])
    }

    private let bounds: Bounds
    /// How many values each bucket has that no bucket before it has. There is one bucket more than there are bounds; those
    /// that are left over stay 0.
    private var counts = InlineArray<15, UInt64>(repeating: 0)
    /// The sum of all values, in nanoseconds.
    private var sum: UInt64 = 0

    /// Nothing is counted.
    init(_ bounds: Bounds) {
        precondition(bounds.seconds.count < counts.count, "a bucket for each bound, and the last one")
        self.bounds = bounds
    }

    /// How many values are counted.
    var total: UInt64 { counts.indices.reduce(0) { $0 + counts[$1] } }

    /// - Parameter nanoseconds: the duration. A value on a bound is counted in the bucket below it.
    mutating func record(_ nanoseconds: UInt64) {
        var index = 0
        while index < bounds.nanoseconds.count, nanoseconds > bounds.nanoseconds[index] { index += 1 }
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
        for index in 0...bounds.seconds.count {
            total += counts[index]
            let bound = index < bounds.seconds.count ? "\(bounds.seconds[index])" : "+Inf"
            samples.append(MetricFamily.Sample(Double(total), labels + [("le", bound)], suffix: "_bucket"))
        }
        samples.append(MetricFamily.Sample(Double(total), labels, suffix: "_count"))
        samples.append(MetricFamily.Sample(Double(sum) / 1e9, labels, suffix: "_sum"))
        return samples
    }
}
