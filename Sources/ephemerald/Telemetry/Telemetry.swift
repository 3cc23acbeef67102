import Curl
import EphemeraldCore
import HTTP
import Locking
import Logging
import Settings

/// What the exporters of all loops share.
final class Telemetry: Sendable {
    /// Where a signal is sent, and what the operator learns about it.
    struct Signal: Sendable {
        let url: String
        let notices: TelemetryNotices
    }

    let settings: Settings.Telemetry
    let resource: OTLP.Resource
    let client: HTTPClientSettings
    let fields: Fields
    /// Nil for a signal that is not sent.
    let traces: Signal?
    let metrics: Signal?
    private let lostMetrics = Locked(0)

    /// - Parameter startTime: when the process started, in Unix time.
    init(_ settings: Settings.Telemetry, startTime: Int, logger: Logger) {
        self.settings = settings
        var attributes = settings.attributes
        let own = [
            ("service.version", Version.number),
            ("service.instance.id", RequestID(randomBits: .random(in: 0 ... .max)).description),
            ("telemetry.sdk.name", "ephemerald"), ("telemetry.sdk.language", "swift"),
            ("telemetry.sdk.version", Version.number),
        ]
        for (name, value) in own where !attributes.contains(where: { $0.name == name }) {
            attributes.append((name, value))
        }
        resource = OTLP.Resource(attributes, startTime: startTime)
        client = HTTPClientSettings(settings)
        var fields: Fields = ["Content-Type": "application/json"]
        for (name, value) in settings.headers { fields.append(name, value.reveal()) }
        self.fields = fields
        func signal(_ url: ServerURL?, _ what: String, _ exporter: Setting) -> Signal? {
            url.map { url in
                Signal(url: "\(url)", notices: TelemetryNotices(url, of: what, exporter, logger: logger))
            }
        }
        traces = signal(settings.tracesURL, "spans", .otelTraces)
        metrics = signal(settings.metricsURL, "metrics", .otelMetrics)
    }

    /// How often metrics were sent and did not arrive.
    var failedMetrics: Int { lostMetrics.withLock { $0 } }

    func countFailureOfMetrics() { lostMetrics.withLock { $0 += 1 } }
}
