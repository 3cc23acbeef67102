import EphemeraldCore
import JSON
import Testing

@Suite struct `Metrics for a collector` {
    private static let resource = OTLP.Resource(
        [("service.name", "voice"), ("deployment", "a \"b\"")], startTime: 1_795_000_000)

    /// The one resource of a request with these metrics, a second after the start.
    private static func sent(_ families: MetricFamily...) throws -> JSON {
        let body = resource.metrics(families, version: "1.2", unixMilliseconds: 1_795_000_001_000)
        return try #require(try JSON(parsing: body)["resourceMetrics"]?.arrayValue?.first)
    }

    private static func metrics(_ families: MetricFamily...) throws -> [JSON] {
        let body = resource.metrics(families, version: "1.2", unixMilliseconds: 1_795_000_001_000)
        let resource = try JSON(parsing: body)["resourceMetrics"]?.arrayValue?.first
        return try #require(resource?["scopeMetrics"]?.arrayValue?.first?["metrics"]?.arrayValue)
    }

    private static func attributes(_ point: JSON?) -> [String: JSON] {
        let pairs = (point?["attributes"]?.arrayValue ?? []).map {
            ($0["key"]?.stringValue ?? "", $0["value"] ?? .null)
        }
        return Dictionary(pairs) { first, _ in first }
    }

    @Test func `name who sends them, and the version`() throws {
        let sent = try Self.sent(MetricFamily("a", .gauge, "As.", 1))
        #expect(
            Self.attributes(sent["resource"]) == [
                "service.name": ["stringValue": "voice"], "deployment": ["stringValue": "a \"b\""],
            ])
        let scope = sent["scopeMetrics"]?.arrayValue?.first?["scope"]
        #expect(scope == ["name": "ephemerald", "version": "1.2"])
    }

    @Test func `have counters as cumulative sums since the start`() throws {
        let metrics = try Self.metrics(MetricFamily("tokens", .counter, "Tokens.", [.init(3, [("session", "a")])]))
        #expect(metrics.count == 1)
        #expect(metrics.first?["name"] == "tokens")
        #expect(metrics.first?["description"] == "Tokens.")
        let sum = metrics.first?["sum"]
        #expect(sum?["aggregationTemporality"] == 2)
        #expect(sum?["isMonotonic"] == true)
        let point = sum?["dataPoints"]?.arrayValue?.first
        #expect(point?["asDouble"]?.numberValue?.double == 3)
        #expect(point?["startTimeUnixNano"] == "1795000000000000000")
        #expect(point?["timeUnixNano"] == "1795000001000000000")
        #expect(Self.attributes(point) == ["session": ["stringValue": "a"]])
    }

    @Test(arguments: [MetricFamily.Kind.gauge, .info])
    func `have what goes up and down as gauges without a start`(kind: MetricFamily.Kind) throws {
        let gauge = try Self.metrics(MetricFamily("open", kind, "Open.", 7)).first?["gauge"]
        let point = gauge?["dataPoints"]?.arrayValue?.first
        #expect(point?["asDouble"]?.numberValue?.double == 7)
        #expect(point?["startTimeUnixNano"] == nil)
        #expect(point?["timeUnixNano"] == "1795000001000000000")
    }

    @Test(arguments: [("wait_seconds", "s"), ("memory_bytes", "By"), ("calls", nil)] as [(String, String?)])
    func `have the unit that their names end in`(name: String, unit: String?) throws {
        let metric = try Self.metrics(MetricFamily(name, .gauge, "", 1)).first
        #expect(metric?["unit"]?.stringValue == unit)
    }

    @Test func `leave out a metric without a value`() throws {
        let names = try Self.metrics(MetricFamily("a", .counter, "", []), MetricFamily("b", .gauge, "", 1))
        #expect(names.map { $0["name"] } == ["b"])
    }

    /// A scrape accumulates the buckets, and the protocol counts each for itself, the one without a bound last.
    @Test func `have the buckets of a histogram one by one`() throws {
        func series(_ route: String, _ counts: [Double], sum: Double) -> [MetricFamily.Sample] {
            let buckets = zip(["0.1", "0.5", "+Inf"], counts).map { bound, count in
                MetricFamily.Sample(count, [("route", route), ("le", bound)], suffix: "_bucket")
            }
            return buckets + [
                .init(sum, [("route", route)], suffix: "_sum"), .init(counts[2], [("route", route)], suffix: "_count"),
            ]
        }
        let samples = series("a", [1, 4, 6], sum: 2.5) + series("b", [0, 0, 2], sum: 9)
        let histogram = try Self.metrics(MetricFamily("wait_seconds", .histogram, "", samples)).first?["histogram"]
        #expect(histogram?["aggregationTemporality"] == 2)
        let points = try #require(histogram?["dataPoints"]?.arrayValue)
        #expect(points.map { $0["bucketCounts"] } == [["1", "3", "2"], ["0", "0", "2"]])
        #expect(points.map { $0["explicitBounds"] } == [[0.1, 0.5], [0.1, 0.5]])
        #expect(points.map { $0["count"] } == ["6", "2"])
        #expect(points.map { $0["sum"]?.numberValue?.double } == [2.5, 9])
        #expect(points.map { Self.attributes($0)["route"] } == [["stringValue": "a"], ["stringValue": "b"]])
    }

    @Test func `have the names of OpenTelemetry's conventions for the time of requests`() throws {
        let labels = [
            ("http_request_method", "POST"), ("http_route", "/r"), ("http_response_status_code", "200"),
            ("error_type", ""), ("url_scheme", "http"),
        ]
        let samples: [MetricFamily.Sample] = [
            .init(1, labels + [("le", "+Inf")], suffix: "_bucket"), .init(0.5, labels, suffix: "_sum"),
        ]
        let metric = try Self.metrics(MetricFamily("http_server_request_duration_seconds", .histogram, "", samples))
            .first
        #expect(metric?["name"] == "http.server.request.duration")
        #expect(
            Self.attributes(metric?["histogram"]?["dataPoints"]?.arrayValue?.first) == [
                "http.request.method": ["stringValue": "POST"], "http.route": ["stringValue": "/r"],
                "http.response.status_code": ["intValue": "200"], "url.scheme": ["stringValue": "http"],
            ], "a request without an error has no error.type")
    }
}
