/// A metric with all its series, as a scrape shows it.
package struct MetricFamily: Sendable {
    /// What `# TYPE` says of it.
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
        /// Behind the family's name: `_bucket`; a counter's `_total` and an info's `_info` go without saying.
        let suffix: String
        let labels: [(name: String, value: String)]
        let value: Double

        /// Labels stand in this order; values of labels are escaped when they are written.
        package init(_ value: Double, _ labels: [(name: String, value: String)] = [], suffix: String = "") {
            self.suffix = suffix
            self.labels = labels
            self.value = value
        }
    }

    /// Without `_total` and `_info`.
    package let name: String
    /// What `# TYPE` says of it.
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

    /// What counters and infos have behind their name.
    var suffix: String {
        switch kind {
        case .counter: "_total"
        case .info: "_info"
        case .gauge, .histogram: ""
        }
    }
}
