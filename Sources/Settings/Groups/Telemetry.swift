package import EphemeraldCore
import HTTP
import System
import Text

extension Setting {
    package static let otlpEndpoint = Setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT", .text, .none, "URL", .restart,
        "The OpenTelemetry collector that gets metrics and spans, at v1/metrics and v1/traces below it, as in "
            + "http://127.0.0.1:4318. Nothing is sent without it. Anyone who can read there knows when tokens are "
            + "minted.")
    package static let otlpTraces = Setting(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", .text, .none, "URL", .restart,
        "The whole URL that gets spans instead, as in http://127.0.0.1:4318/v1/traces.")
    package static let otlpMetrics = Setting(
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", .text, .none, "URL", .restart,
        "The whole URL that gets metrics instead, as in http://127.0.0.1:9090/api/v1/otlp/v1/metrics.")
    package static let otlpCertificate = Setting(
        "OTEL_EXPORTER_OTLP_CERTIFICATE", .text, .computed("the system's bundle"), "FILE", .restart, file: .open,
        "The certificate authorities, in PEM, that are trusted to vouch for the collector.")
    package static let otlpHeaders = Setting(
        "OTEL_EXPORTER_OTLP_HEADERS", .text, .none, "NAME=VALUE,…", .restart, isSecret: true,
        "Header fields for the collector, percent-encoded. It is a secret, so it has no flag.")
    package static let otlpHeadersFile = Setting(
        "OTEL_EXPORTER_OTLP_HEADERS_FILE", .text, .none, "FILE", .restart, file: .secret,
        "A file with these fields, in one line. Anyone who can read it can send to the collector as the daemon.")
    package static let otlpTimeout = Setting(
        "OTEL_EXPORTER_OTLP_TIMEOUT", .number, .value("10000"), "MILLISECONDS", .restart,
        "How long the collector may take to answer, 100 to 60000 milliseconds. No request waits for it.")
    package static let otlpProtocol = Setting(
        "OTEL_EXPORTER_OTLP_PROTOCOL", .text, .value("http/json"), "http/json", .restart,
        "The protocol, which can only be http/json.")
    package static let otelServiceName = Setting(
        "OTEL_SERVICE_NAME", .text, .value("ephemerald"), "NAME", .restart,
        "The name of the service in metrics and spans; it replaces service.name in OTEL_RESOURCE_ATTRIBUTES.")
    package static let otelAttributes = Setting(
        "OTEL_RESOURCE_ATTRIBUTES", .text, .none, "NAME=VALUE,…", .restart,
        "More attributes of the sender, percent-encoded.")
    package static let otelTraces = Setting(
        "OTEL_TRACES_EXPORTER", .text, .value("otlp"), "otlp|none", .restart,
        "Whether spans are sent: one for each request for a token or about a call.")
    package static let otelMetrics = Setting(
        "OTEL_METRICS_EXPORTER", .text, .value("otlp"), "otlp|none", .restart,
        "Whether metrics are sent. GET /metrics has the same.")
    package static let otelInterval = Setting(
        "OTEL_METRIC_EXPORT_INTERVAL", .number, .value("60000"), "MILLISECONDS", .restart,
        "How often metrics are sent, every 1000 to 3600000 milliseconds.")
    package static let otelSpanDelay = Setting(
        "OTEL_BSP_SCHEDULE_DELAY", .number, .value("5000"), "MILLISECONDS", .restart,
        "How long spans wait for a full batch, 100 to 3600000 milliseconds.")
    package static let otelSampler = Setting(
        "OTEL_TRACES_SAMPLER", .text, .value("parentbased_always_on"), "SAMPLER", .restart,
        "Which requests have a span: always_on, always_off, traceidratio, or parentbased_ before one of these. The parent "
            + "is the traceparent field of a proxy of TRUSTED_PROXIES.")
    package static let otelSamplerArgument = Setting(
        "OTEL_TRACES_SAMPLER_ARG", .text, .value("1"), "RATIO", .restart, "The ratio of traceidratio, 0 to 1.")
    package static let otelDisabled = Setting(
        "OTEL_SDK_DISABLED", .boolean, .value("false"), "true|false", .restart,
        "With true nothing is sent, whatever the settings above say.")
}

extension Setting.Group {
    static let telemetry = Self(
        "OpenTelemetry",
        [
            .otlpEndpoint, .otlpTraces, .otlpMetrics, .otlpCertificate, .otlpHeaders, .otlpHeadersFile, .otlpTimeout,
            .otlpProtocol, .otelServiceName, .otelAttributes, .otelTraces, .otelMetrics, .otelInterval,
            .otelSpanDelay, .otelSampler, .otelSamplerArgument, .otelDisabled,
        ])
}

/// Whether a signal is sent.
private enum SignalExporter: String, CaseIterable {
    case otlp, none
}

private enum OTLPProtocol: String, CaseIterable {
    case json = "http/json"
}

/// The samplers of OpenTelemetry's SDK that need no server.
private enum SamplerName: String, CaseIterable {
    case alwaysOn = "always_on"
    case alwaysOff = "always_off"
    case ratio = "traceidratio"
    case parentAlwaysOn = "parentbased_always_on"
    case parentAlwaysOff = "parentbased_always_off"
    case parentRatio = "parentbased_traceidratio"
}

extension Settings {
    /// The collector that gets metrics and spans, and what it gets.
    package struct Telemetry: Sendable {
        /// What gets spans; nil when they are not sent.
        package let tracesURL: ServerURL?
        /// What gets metrics; nil when they are not sent.
        package let metricsURL: ServerURL?
        /// The authorities of `OTEL_EXPORTER_OTLP_CERTIFICATE`; nil for the system's bundle.
        package let authorities: CertificateFile?
        /// Fields of its requests, which may be secrets.
        package let headers: [(name: String, value: Secret)]
        /// How long it may take to answer.
        package let timeout: Duration
        /// The attributes of the sender: `service.name`, and those that the operator gives.
        package let attributes: [(name: String, value: String)]
        /// Decides which requests have a span; nil when spans are not sent.
        package let sampler: TraceSampler?
        /// How often metrics are sent; nil for never.
        package let metricInterval: Duration?
        /// How long spans wait for a full batch.
        package let spanDelay: Duration
    }
}

extension SettingsReader {
    /// The collector; nil when nothing is sent.
    mutating func telemetry() -> Settings.Telemetry? {
        let _: OTLPProtocol = choice(.otlpProtocol)
        let endpoint = readIfSet(.otlpEndpoint) { text throws(Invalid) in
            try ServerURL(parsing: text, as: .collector)
        }
        let tracesURL = signalURL(.otlpTraces) ?? endpoint?.appending("/v1/traces")
        let metricsURL = signalURL(.otlpMetrics) ?? endpoint?.appending("/v1/metrics")
        let authorities = certificates(.otlpCertificate)
        let headers = otlpHeaders()
        let timeout = int(.otlpTimeout, in: 100...60_000)
        let name = read(.otelServiceName) { $0 }
        var attributes =
            readIfSet(.otelAttributes) { text throws(Invalid) in try KeyValues.parse(text, isSecret: false) } ?? []
        let hasName = self[.otelServiceName] == nil && attributes.contains { $0.name == "service.name" }
        if !hasName { attributes = [("service.name", name)] + attributes.filter { $0.name != "service.name" } }
        let (traces, metrics): (SignalExporter, SignalExporter) = (choice(.otelTraces), choice(.otelMetrics))
        let interval = int(.otelInterval, in: 1000...3_600_000)
        let spanDelay = int(.otelSpanDelay, in: 100...3_600_000)
        let sampler = sampler()
        let isDisabled = bool(.otelDisabled)
        let urls = (traces == .otlp ? tracesURL : nil, metrics == .otlp ? metricsURL : nil)
        guard !isDisabled, urls.0 != nil || urls.1 != nil else { return nil }
        if [urls.0, urls.1].contains(where: { $0?.origin.scheme == "http" && $0?.origin.isLoopback == false }) {
            warn(
                .otlpHeaders, .otlpHeadersFile,
                ifSet: "sent unencrypted, because the address of the collector begins with http:")
        }
        return Settings.Telemetry(
            tracesURL: urls.0, metricsURL: urls.1, authorities: authorities,
            headers: headers.map { ($0.name, Secret($0.value)) }, timeout: .milliseconds(timeout),
            attributes: attributes, sampler: urls.0 == nil ? nil : sampler,
            metricInterval: urls.1 == nil ? nil : .milliseconds(interval), spanDelay: .milliseconds(spanDelay))
    }

    private mutating func signalURL(_ setting: Setting) -> ServerURL? {
        readIfSet(setting) { text throws(Invalid) in try ServerURL(parsing: text, as: .signal) }
    }

    private mutating func sampler() -> TraceSampler {
        let name: SamplerName = choice(.otelSampler)
        let ratio = read(.otelSamplerArgument) { text throws(Invalid) in
            guard let ratio = Double(text), (0...1).contains(ratio) else {
                throw Invalid("write a number from 0 to 1")
            }
            return ratio
        }
        return switch name {
        case .alwaysOn: TraceSampler(followsParent: false, ratio: 1)
        case .alwaysOff: TraceSampler(followsParent: false, ratio: 0)
        case .ratio: TraceSampler(followsParent: false, ratio: ratio)
        case .parentAlwaysOn: TraceSampler(followsParent: true, ratio: 1)
        case .parentAlwaysOff: TraceSampler(followsParent: true, ratio: 0)
        case .parentRatio: TraceSampler(followsParent: true, ratio: ratio)
        }
    }

    private mutating func otlpHeaders() -> [(name: String, value: String)] {
        guard self[.otlpHeaders] == nil || self[.otlpHeadersFile] == nil else {
            refuse(
                .otlpHeadersFile,
                "OTEL_EXPORTER_OTLP_HEADERS is set as well, and one would hide the other; remove one")
            return []
        }
        warnIfInReadableFile(.otlpHeaders)
        let ofFile = readFileIfSet(.otlpHeadersFile, limit: 65_536) { bytes throws(Invalid) in
            let lines = bytes.split { $0 == 0x0A || $0 == 0x0D }
            guard lines.count == 1 else { throw Invalid("write one line, with the fields") }
            return try KeyValues.parse(String(decoding: lines[0], as: UTF8.self), isSecret: true)
        }
        return ofFile
            ?? readIfSet(.otlpHeaders) { text throws(Invalid) in try KeyValues.parse(text, isSecret: true) } ?? []
    }
}
