/// A metric with all its series, as a scrape shows it.
package struct MetricFamily: Sendable {
    /// The type, as `# TYPE` names it.
    package enum Kind: String, Sendable {
        /// It only grows, from 0 at the start of the process.
        case counter
        /// It goes up and down.
        case gauge
        /// Cumulated buckets by their upper bounds, with `_sum` and `_count`.
        case histogram
        /// A gauge that is always 1 and says something by its labels.
        case info
    }

    /// One value of one series.
    package struct Sample: Sendable {
        /// The suffix after the family's name: `_bucket`; a counter's `_total` and an info's `_info` are added anyway.
        let suffix: String
        let labels: [(name: String, value: String)]
        let value: Double

        /// Labels keep this order; their values are escaped when they are written.
        package init(_ value: Double, _ labels: [(name: String, value: String)] = [], suffix: String = "") {
            self.suffix = suffix
            self.labels = labels
            self.value = value
        }
    }

    /// The name, without `_total` and `_info`.
    package let name: String
    /// The type, as `# TYPE` names it.
    package let kind: Kind
    /// A sentence for people, on one line.
    package let help: String
    /// A value for each series.
    package let samples: [Sample]

    /// The name without the suffix of its kind.
    package init(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    /// A metric without labels.
    package init(_ name: String, _ kind: Kind, _ help: String, _ value: some BinaryInteger) {
        self.init(name, kind, help, [Sample(Double(value))])
    }

    /// The suffix of the names of counters and infos.
    var suffix: String {
        switch kind {
        case .counter: "_total"
        case .info: "_info"
        case .gauge, .histogram: ""
        }
    }
}
