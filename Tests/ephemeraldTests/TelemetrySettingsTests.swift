import EphemeraldCore
import Settings
import TestTools
import Testing
import ephemerald

@Suite struct `A collector among the settings` {
    private static let endpoint = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"]

    private static func telemetry(_ variables: [String: String]) throws -> Settings.Telemetry? {
        try settings(environment: key.merging(endpoint) { $1 }.merging(variables) { $1 }).telemetry
    }

    private static func wrong(_ variables: [String: String]) -> [String] {
        problems(environment: key.merging(endpoint) { $1 }.merging(variables) { $1 })
    }

    @Test(
        arguments: [
            ("a=b", [("service.name", "ephemerald"), ("a", "b")]),
            ("c=d%2C%20e%3D, ,", [("service.name", "ephemerald"), ("c", "d, e=")]),
            ("service.name=voice,a=b", [("service.name", "voice"), ("a", "b")]),
            ("a=%C3%A9", [("service.name", "ephemerald"), ("a", "\u{E9}")]),
        ] as [(String, [(String, String)])])
    func `has the attributes of the sender`(text: String, attributes: [(String, String)]) throws {
        let found = try Self.telemetry(["OTEL_RESOURCE_ATTRIBUTES": text])?.attributes ?? []
        #expect(found.map { "\($0.name)=\($0.value)" } == attributes.map { "\($0)=\($1)" })
    }

    @Test func `has the name of the service in place of the attribute`() throws {
        let variables = ["OTEL_RESOURCE_ATTRIBUTES": "service.name=a,b=c", "OTEL_SERVICE_NAME": "d"]
        let found = try Self.telemetry(variables)?.attributes ?? []
        #expect(found.map { "\($0.name)=\($0.value)" } == ["service.name=d", "b=c"])
    }

    @Test(arguments: ["canary", "=canary", "a b=canary", "a=%zz", "a=%FF", "a=%00", "a=%7F", "a=x,a=canary"])
    func `refuses fields that are not names with encoded values, and shows none of them`(text: String) {
        let found = Self.wrong(["OTEL_EXPORTER_OTLP_HEADERS": text])
        #expect(found.count == 1)
        #expect(found.first?.contains("OTEL_EXPORTER_OTLP_HEADERS") == true)
        #expect(!"\(found)".contains("canary"))
        #expect(Self.wrong(["OTEL_RESOURCE_ATTRIBUTES": text]).count == 1)
    }

    @Test func `has its fields from the environment or from a file, but not from both`() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.file("fields", "api-key=s%20t,b=c\n")
        let ofFile = try #require(try Self.telemetry(["OTEL_EXPORTER_OTLP_HEADERS_FILE": path]))
        #expect(ofFile.headers.map { "\($0.name)=\($0.value.reveal())" } == ["api-key=s t", "b=c"])
        let ofBoth = ["OTEL_EXPORTER_OTLP_HEADERS_FILE": path, "OTEL_EXPORTER_OTLP_HEADERS": "a=b"]
        #expect(Self.wrong(ofBoth).first?.contains("one would hide the other") == true)
        let two = try directory.file("two", "a=canary\nb=canary\n")
        let found = Self.wrong(["OTEL_EXPORTER_OTLP_HEADERS_FILE": two])
        #expect(found.count == 1)
        #expect(!"\(found)".contains("canary"))
    }

    @Test func `gets nothing when it is not named or the SDK is disabled`() throws {
        #expect(try settings().telemetry == nil)
        #expect(try Self.telemetry(["OTEL_SDK_DISABLED": "true"]) == nil)
        #expect(try Self.telemetry(["OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"]) == nil)
        let metrics = try #require(try Self.telemetry(["OTEL_TRACES_EXPORTER": "none"]))
        #expect(metrics.tracesURL == nil)
        #expect(metrics.sampler == nil)
        #expect(metrics.metricsURL.map { "\($0)" } == "http://127.0.0.1:4318/v1/metrics")
    }

    @Test(arguments: ["-0.1", "1.1", "x", ""])
    func `refuses a ratio beyond 0 to 1`(text: String) {
        let variables = ["OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": text]
        #expect(Self.wrong(variables).count == (text.isEmpty ? 0 : 1))
    }
}
