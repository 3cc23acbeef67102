import EphemeraldCore
import HTTP
import Testing

@Suite struct `The metrics` {
    private static func lines(_ service: TestService, accept: String? = nil) -> [String] {
        let operations = OperationsService(
            readiness: service.service.detailedReadiness, families: { service.metrics.current.families })
        let request = Request(
            method: .get, target: OperationsService.metricsPath, fields: accept.map { ["Accept": $0] } ?? [:],
            peer: .unix)
        return operations.answer(to: request).text.split(separator: "\n").map(String.init)
    }

    @Test func `count each request by session and outcome`() async throws {
        let service = try TestService(
            ScriptedUpstream(.minted, .minted, .answer(.error(400))), clientLimit: "3/min burst 3")
        for _ in 0..<4 { _ = await service.respond(to: .token()) }
        _ = await service.respond(to: .token(query: "?session=nobody"))
        let lines = Self.lines(service)
        #expect(lines.contains(#"ephemerald_mints_total{session="default",outcome="minted"} 2"#))
        #expect(lines.contains(#"ephemerald_refusals_total{code="rate_limited",dimension="client"} 1"#))
        #expect(lines.contains(#"ephemerald_refusals_total{code="unknown_session",dimension=""} 1"#))
        #expect(lines.contains(#"ephemerald_mints_total{session="default",outcome="upstream_rejected"} 1"#))
        #expect(lines.contains(#"ephemerald_requests_total{route="/api/realtime/token",method="POST",status="200"} 2"#))
        #expect(!lines.contains { $0.contains("nobody") }, "what strangers write is no label")
    }

    @Test func `name no path that is not documented`() async throws {
        let service = try TestService()
        for path in ["/.env", "/api/realtime/token/x", "/\"}\n"] {
            _ = await service.respond(to: Request(method: .get, target: path, peer: .unix))
        }
        let requests = Self.lines(service).filter { $0.hasPrefix("ephemerald_requests_total") }
        #expect(requests == [#"ephemerald_requests_total{route="other",method="GET",status="404"} 3"#])
    }

    @Test func `time a request for a token with all that it waited for, and preflights apart`() async throws {
        let service = try TestService(ScriptedUpstream(.answer(.error(500)), .minted, .answer(.error(401))))
        let preflight: Fields = ["Access-Control-Request-Method": "POST"]
        let requests: [Request] = [
            .token(), .token(), .token(method: .options, fields: preflight), .token(method: Method(rawValue: "PATCH")),
        ]
        for request in requests { _ = await service.respond(to: request) }
        let lines = Self.lines(service).filter { $0.hasPrefix("http_server_request_duration_seconds") }
        func series(
            _ suffix: String, _ method: String, _ status: Int, _ error: String = "", le: String = ""
        ) -> String {
            #"http_server_request_duration_seconds_\#(suffix){http_request_method="\#(method)""#
                + #",http_route="/api/realtime/token",http_response_status_code="\#(status)",error_type="\#(error)""#
                + #",url_scheme="http"\#(le.isEmpty ? "" : ",le=\"\(le)\"")}"#
        }
        // The first attempt fails, and the second comes after a quarter of a second, less up to half of it.
        #expect(lines.contains(series("bucket", "POST", 200, le: "0.1") + " 0"))
        #expect(lines.contains(series("bucket", "POST", 200, le: "0.25") + " 1"))
        #expect(lines.contains(series("bucket", "POST", 200, le: "+Inf") + " 1"))
        #expect(lines.contains(series("count", "POST", 502, "upstream_auth") + " 1"))
        #expect(lines.contains(series("count", "OPTIONS", 204) + " 1"))
        #expect(lines.contains(series("count", "_OTHER", 405) + " 1"))
        #expect(lines.filter { $0.contains("_count{") }.count == 4)
    }

    @Test func `do not time what is not for pages`() async throws {
        let service = try TestService()
        for path in ["/api/health", "/api/health/ready", "/elsewhere"] {
            _ = await service.respond(to: Request(method: .get, target: path, peer: .unix))
        }
        #expect(!Self.lines(service).contains { $0.hasPrefix("http_server_request_duration_seconds_") })
    }

    @Test func `time every exchange with the upstream`() async throws {
        let metrics = LoopMetrics()
        let clock = ManualClock()
        let answers: [Result<Response, TransferFailure>] = [
            .success(Response(.ok)), .success(Response(.tooManyRequests)), .failure(.timedOut),
        ]
        for answer in answers {
            let send = metrics.measuring(
                { _ async throws(TransferFailure) in
                    clock.advance(by: .milliseconds(250))
                    return try answer.get()
                }, in: clock.surroundings)
            _ = try? await send(OutboundRequest(method: .post, url: "", timeout: .zero))
        }
        let lines = Exposition.prometheus.text(metrics.current.families).split(separator: "\n").map(String.init)
        for outcome in ["200", "429", "timed_out"] {
            #expect(lines.contains(#"ephemerald_upstream_exchanges_total{outcome="\#(outcome)"} 1"#))
        }
        #expect(lines.contains(#"ephemerald_upstream_duration_seconds_bucket{le="0.2"} 0"#))
        #expect(lines.contains(#"ephemerald_upstream_duration_seconds_bucket{le="0.3"} 3"#))
        #expect(lines.contains(#"ephemerald_upstream_duration_seconds_bucket{le="+Inf"} 3"#))
        #expect(lines.contains("ephemerald_upstream_duration_seconds_count 3"))
        #expect(lines.contains("ephemerald_upstream_duration_seconds_sum 0.75"))
    }

    @Test func `of several loops add up`() async throws {
        let (one, other) = (try TestService(), try TestService())
        for service in [one, other, other] { _ = await service.respond(to: .token()) }
        var counts = one.metrics.current
        counts.add(other.metrics.current)
        let text = Exposition.prometheus.text(counts.families)
        #expect(text.contains("ephemerald_mints_total{session=\"default\",outcome=\"minted\"} 3\n"))
    }
}

@Suite struct `An exposition` {
    private static let families = [
        MetricFamily("a", .counter, "As.", 3), MetricFamily("b", .gauge, "Bs.", [.init(0.5, [("l", "x\\\"\ny")])]),
        MetricFamily("c", .info, "Cs.", [.init(1, [("v", "1")])]),
    ]

    @Test func `in Prometheus's format names counters in full and knows no info`() {
        #expect(
            Exposition.prometheus.text(Self.families)
                == "# HELP a_total As.\n# TYPE a_total counter\na_total 3\n"
                + "# HELP b Bs.\n# TYPE b gauge\nb{l=\"x\\\\\\\"\\ny\"} 0.5\n"
                + "# HELP c_info Cs.\n# TYPE c_info gauge\nc_info{v=\"1\"} 1\n")
    }

    @Test func `in OpenMetrics names families and ends with EOF`() {
        #expect(
            Exposition.openMetrics.text(Self.families)
                == "# HELP a As.\n# TYPE a counter\na_total 3\n"
                + "# HELP b Bs.\n# TYPE b gauge\nb{l=\"x\\\\\\\"\\ny\"} 0.5\n"
                + "# HELP c Cs.\n# TYPE c info\nc_info{v=\"1\"} 1\n# EOF\n")
    }

    @Test(arguments: [
        (nil, "text/plain"), ("*/*", "text/plain"), ("text/plain;version=0.0.4", "text/plain"),
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;q=0.5",
            "application/openmetrics-text"
        ),
        ("Application/OpenMetrics-Text; version=1.0.0", "application/openmetrics-text"),
        ("application/openmetrics-text;q=0, text/plain", "text/plain"),
    ])
    func `is the one that Accept names`(accept: String?, mediaType: String) {
        let fields: Fields = accept.map { ["Accept": $0] } ?? [:]
        let answer = OperationsService(readiness: { Response(.noContent) }, families: { Self.families })
            .answer(to: Request(method: .get, target: "/metrics", fields: fields, peer: .unix))
        #expect(answer.status == .ok)
        #expect(answer.fields["Content-Type"]?.hasPrefix(mediaType) == true)
        #expect(answer.fields["Vary"] == "Accept")
    }

    @Test(arguments: [(Method.get, "/", 404), (.get, "/api/realtime/token", 404), (.post, "/metrics", 405)])
    func `is all there is`(method: Method, target: String, status: Int) {
        let answer = OperationsService(readiness: { Response(.noContent) }, families: { Self.families })
            .answer(to: Request(method: method, target: target, peer: .unix))
        #expect(answer.status.rawValue == status)
        #expect(answer.body.isEmpty)
    }
}
