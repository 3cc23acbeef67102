package import HTTP

/// Metrics as text: Prometheus's own format 0.0.4, or OpenMetrics 1.0 if the scraper asks for it.
package enum Exposition: Sendable {
    /// The text format 0.0.4.
    case prometheus
    /// OpenMetrics 1.0, which ends with `# EOF`.
    case openMetrics

    /// Chooses by the field `Accept`. Prometheus prefers OpenMetrics and accepts both.
    package init(for request: Request) {
        let ranges = request.fields.values(of: "Accept").flatMap { $0.split(separator: ",") }
        let wants = ranges.contains { range in
            let parts = range.lowercased().split(separator: ";").map { $0.filter { $0 != " " } }
            return parts.first == "application/openmetrics-text" && !parts.contains { $0 == "q=0" || $0 == "q=0.0" }
        }
        self = wants ? .openMetrics : .prometheus
    }

    /// The value of `Content-Type`.
    package var mediaType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// The whole answer to a scrape.
    package func text(_ families: [MetricFamily]) -> String {
        var text = ""
        for family in families { write(family, to: &text) }
        if self == .openMetrics { text += "# EOF\n" }
        return text
    }

    private func write(_ family: MetricFamily, to text: inout String) {
        // The older format knows no info, and names a counter as its samples are named.
        let isOpen = self == .openMetrics
        let name = isOpen ? family.name : family.name + family.suffix
        let kind = !isOpen && family.kind == .info ? MetricFamily.Kind.gauge : family.kind
        text += "# HELP \(name) \(family.help)\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in family.samples {
            text += "\(family.name)\(family.suffix)\(sample.suffix)"
            if !sample.labels.isEmpty {
                text += "{\(sample.labels.map { "\($0.name)=\"\($0.value.escaped)\"" }.joined(separator: ","))}"
            }
            text += " \(sample.value.metric)\n"
        }
    }
}

extension String {
    fileprivate var escaped: String {
        var text = ""
        for character in unicodeScalars {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }
}

extension Double {
    /// Whole numbers without a fraction.
    fileprivate var metric: String {
        Int64(exactly: self).map { "\($0)" } ?? "\(self)"
    }
}
