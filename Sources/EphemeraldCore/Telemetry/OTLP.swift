import JSON

/// The bodies of requests to a collector, as JSON (OpenTelemetry protocol 1.3): members in camel case, 64-bit integers as
/// strings, enumerations as numbers.
package enum OTLP {
    /// Who sends: the attributes of the resource.
    package struct Resource: Sendable {
        /// The resource, as a member with its value and a comma after it.
        private let text: [UInt8]
        /// When the counts began, in Unix nanoseconds.
        private let start: String

        /// - Parameters:
        ///   - attributes: names and values, each name once.
        ///   - startTime: when the process started, in Unix time.
        package init(_ attributes: [(name: String, value: String)], startTime: Int) {
            let list = JSON.array(attributes.map { OTLP.attribute($0.name, $0.value) })
            text = Array(#""resource":"#.utf8) + JSON.object(["attributes": list]).serialized() + Array(",".utf8)
            start = "\(startTime)000000000"
        }

        /// The body of a request with spans, before these and after them.
        package func traces(version: String) -> (beginning: [UInt8], end: [UInt8]) {
            let scope = Array(#""scopeSpans":[{"#.utf8) + OTLP.scope(version) + Array(#""spans":["#.utf8)
            return (Array(#"{"resourceSpans":[{"#.utf8) + text + scope, Array("]}]}]}".utf8))
        }

        /// The body of a request with all metrics, cumulative since the start.
        package func metrics(_ families: [MetricFamily], version: String, unixMilliseconds: Int64) -> [UInt8] {
            let metrics = families.compactMap { $0.otlp(from: start, to: "\(unixMilliseconds)000000") }
            return Array(#"{"resourceMetrics":[{"#.utf8) + text + Array(#""scopeMetrics":[{"#.utf8)
                + OTLP.scope(version) + Array(#""metrics":"#.utf8) + JSON.array(metrics).serialized()
                + Array("}]}]}".utf8)
        }
    }

    fileprivate static func scope(_ version: String) -> [UInt8] {
        let scope: JSONObject = ["name": "ephemerald", "version": .string(version)]
        return Array(#""scope":"#.utf8) + JSON.object(scope).serialized() + Array(",".utf8)
    }

    static func attribute(_ name: String, _ value: String) -> JSON {
        .object(["key": .string(name), "value": .object(["stringValue": .string(value)])])
    }

    static func attribute(_ name: String, _ value: Int) -> JSON {
        .object(["key": .string(name), "value": .object(["intValue": .string("\(value)")])])
    }
}

extension MetricFamily {
    /// Conventions of OpenTelemetry name this metric and its attributes with dots; its Prometheus name follows from that
    /// by rule. All others have the names of the scrape.
    private var isConventional: Bool { name == "http_server_request_duration_seconds" }

    /// Nil for a metric without a value.
    fileprivate func otlp(from start: String, to now: String) -> JSON? {
        guard !samples.isEmpty else { return nil }
        var metric: JSONObject = [
            "name": .string(isConventional ? "http.server.request.duration" : name), "description": .string(help),
        ]
        if name.hasSuffix("_seconds") { metric["unit"] = "s" }
        if name.hasSuffix("_bytes") { metric["unit"] = "By" }
        let times: JSONObject = ["startTimeUnixNano": .string(start), "timeUnixNano": .string(now)]
        switch kind {
        case .counter:
            let points = samples.map { point($0, times) }
            // 2 is cumulative.
            metric["sum"] = .object([
                "aggregationTemporality": 2, "isMonotonic": true, "dataPoints": .array(points),
            ])
        case .gauge, .info:
            let points = samples.map { point($0, ["timeUnixNano": .string(now)]) }
            metric["gauge"] = .object(["dataPoints": .array(points)])
        case .histogram:
            metric["histogram"] = .object([
                "aggregationTemporality": 2, "dataPoints": .array(histogramPoints(times)),
            ])
        }
        return .object(metric)
    }

    private func point(_ sample: Sample, _ times: JSONObject) -> JSON {
        var point = times
        point["attributes"] = .array(sample.labels.map { attribute($0.name, $0.value) })
        point["asDouble"] = .number(JSONNumber(sample.value))
        return .object(point)
    }

    private func attribute(_ name: String, _ value: String) -> JSON {
        guard isConventional else { return OTLP.attribute(name, value) }
        switch name {
        case "http_request_method": return OTLP.attribute("http.request.method", value)
        case "http_route": return OTLP.attribute("http.route", value)
        case "http_response_status_code": return OTLP.attribute("http.response.status_code", Int(value) ?? 0)
        case "error_type": return OTLP.attribute("error.type", value)
        case "url_scheme": return OTLP.attribute("url.scheme", value)
        default: return OTLP.attribute(name, value)
        }
    }

    /// The points of the buckets, counts and sums that a scrape has one after the other for each series.
    private func histogramPoints(_ times: JSONObject) -> [JSON] {
        var points: [JSON] = []
        var (bounds, counts, total) = ([JSON](), [JSON](), 0)
        for sample in samples {
            switch sample.suffix {
            case "_bucket":
                let value = Int(sample.value)
                counts.append(.string("\(value - total)"))
                total = value
                if let bound = sample.labels.last.flatMap({ Double($0.value) }), bound.isFinite {
                    bounds.append(.number(JSONNumber(bound)))
                }
            case "_sum":
                var point = times
                let labels = sample.labels.filter { $0.name != "error_type" || !$0.value.isEmpty }
                point["attributes"] = .array(labels.map { attribute($0.name, $0.value) })
                point["count"] = .string("\(total)")
                point["sum"] = .number(JSONNumber(sample.value))
                point["bucketCounts"] = .array(counts)
                point["explicitBounds"] = .array(bounds)
                points.append(.object(point))
                (bounds, counts, total) = ([], [], 0)
            default: break
            }
        }
        return points
    }
}
