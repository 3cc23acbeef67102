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
            .otlpEndpoint, .otlpHeaders, .otlpHeadersFile, .otlpTimeout, .otlpProtocol, .otelServiceName,
            .otelAttributes, .otelTraces, .otelMetrics, .otelInterval, .otelSampler, .otelSamplerArgument,
            .otelDisabled,
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
        /// Where the collector is, without a slash at the end.
        package let endpoint: ServerURL
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
    }
}

extension SettingsReader {
    /// The collector; nil when nothing is sent.
    mutating func telemetry() -> Settings.Telemetry? {
        let _: OTLPProtocol = choice(.otlpProtocol)
        let endpoint = readIfSet(.otlpEndpoint) { text throws(Invalid) in
            try ServerURL(parsing: text, as: .collector)
        }
        let headers = otlpHeaders()
        let timeout = int(.otlpTimeout, in: 100...60_000)
        let name = read(.otelServiceName) { $0 }
        var attributes =
            readIfSet(.otelAttributes) { text throws(Invalid) in try KeyValues.parse(text, isSecret: false) } ?? []
        let hasName = self[.otelServiceName] == nil && attributes.contains { $0.name == "service.name" }
        if !hasName { attributes = [("service.name", name)] + attributes.filter { $0.name != "service.name" } }
        let (traces, metrics): (SignalExporter, SignalExporter) = (choice(.otelTraces), choice(.otelMetrics))
        let interval = int(.otelInterval, in: 1000...3_600_000)
        let sampler = sampler()
        guard let endpoint, !bool(.otelDisabled) else { return nil }
        if endpoint.origin.scheme == "http", !endpoint.origin.isLoopback {
            warn(
                .otlpHeaders, .otlpHeadersFile,
                ifSet: "sent unencrypted, because OTEL_EXPORTER_OTLP_ENDPOINT begins with http:")
        }
        return Settings.Telemetry(
            endpoint: endpoint, headers: headers.map { ($0.name, Secret($0.value)) },
            timeout: .milliseconds(timeout), attributes: attributes, sampler: traces == .otlp ? sampler : nil,
            metricInterval: metrics == .otlp ? .milliseconds(interval) : nil)
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

/// A list as W3C Baggage writes it (section 3.3.1): `name=value,name=value`, values percent-encoded.
private enum KeyValues {
    static func parse(_ text: String, isSecret: Bool) throws(Invalid) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for entry in text.listEntries where !entry.isEmpty {
            guard let equals = entry.firstIndex(of: "="), equals != entry.startIndex,
                entry[..<equals].utf8.allSatisfy(\.isNameByte),
                let value = decoded(entry[entry.index(after: equals)...]),
                value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else {
                throw Invalid(
                    "write NAME=VALUE, with commas between them and values percent-encoded", isHidden: isSecret)
            }
            let name = String(entry[..<equals])
            guard !pairs.contains(where: { $0.name == name }) else {
                throw Invalid("\(name.shown) is there twice", isHidden: isSecret)
            }
            pairs.append((name, value))
        }
        return pairs
    }

    /// Undoes percent-encodings (RFC 3986 section 2.1); nil if one is wrong, or the bytes are not UTF-8.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let decoded = UInt8(String(Substring(digits)), radix: 16)
            else { return nil }
            bytes.append(decoded)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
