/// How long something took, counted by buckets (Prometheus histogram).
package struct Histogram: Sendable {
    /// The upper bounds of the buckets in seconds; the last bucket has none. A mint takes 0.2 to 1 s, and 10 s is the
    /// deadline unless a setting says otherwise.
    package static let bounds: [Double] = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10]
    private static let nanosecondBounds = bounds.map { UInt64($0 * 1e9) }

    /// How many values lie in each bucket and in none before; one more than there are bounds.
    package private(set) var counts = Array(repeating: UInt64(0), count: bounds.count + 1)
    /// Of all values, in nanoseconds.
    package private(set) var sum: UInt64 = 0

    /// Nothing is counted.
    package init() {}

    /// - Parameter nanoseconds: how long it took. A value on a bound belongs to the bucket below it.
    package mutating func record(_ nanoseconds: UInt64) {
        let index = Histogram.nanosecondBounds.firstIndex { nanoseconds <= $0 } ?? Histogram.bounds.count
        counts[index] += 1
        sum += nanoseconds
    }

    /// Adds what another has counted.
    package mutating func add(_ other: Histogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        sum += other.sum
    }
}
