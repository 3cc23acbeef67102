import Curl
import EphemeraldCore
import EventLoop
import HTTP
import JSON
import Locking
import Logging
import Settings

/// Sends the spans of one loop, and from one loop the metrics of all, to an OpenTelemetry collector.
///
/// Nothing is sent again: what does not arrive is counted, and after a failure nothing is tried for a while, twice as long
/// each time. Requests never wait for it.
final class TelemetryExporter: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop.
    private let loop: EventLoop
    private let telemetry: Telemetry
    private let client: HTTPClient
    private let spans: SpanBuffer?
    /// All metrics at this moment; nil on the loops that do not send them.
    private let families: (@Sendable () -> [MetricFamily])?
    private var timers: [Timer?] = [nil, nil]
    private var isSending = false
    private var pause: Duration = .zero
    private var isClosed = false

    /// How long spans wait at most: the default of `OTEL_BSP_SCHEDULE_DELAY`.
    private static let spanDelay: Duration = .seconds(5)
    private static let longestPause: Duration = .seconds(60)

    init(
        _ telemetry: Telemetry, on loop: EventLoop, spans: SpanBuffer?,
        families: (@Sendable () -> [MetricFamily])?
    ) {
        self.loop = loop
        self.telemetry = telemetry
        self.spans = spans
        self.families = telemetry.settings.metricInterval == nil ? nil : families
        client = HTTPClient(telemetry.client, on: loop)
    }

    /// On the loop's thread.
    func begin() {
        if let spans {
            spans.onBatch { [weak self] in
                guard let self else { return }
                Task(executorPreference: loop) { await self.sendSpans() }
            }
            waitForSpans()
        }
        if families != nil { waitForMetrics() }
    }

    /// Sends what is left, once. On the loop's thread.
    func finish(within time: Duration) async {
        guard !isClosed else { return }
        isClosed = true
        for timer in timers { timer?.cancel() }
        if pause == .zero {
            if let batch = spans?.take() { await send(batch, timeout: time) }
            if families != nil, pause == .zero { await sendMetrics(timeout: time) }
        }
        client.close()
    }

    private func waitForSpans() {
        timers[0] = loop.after(max(TelemetryExporter.spanDelay, pause)) { [weak self] in
            guard let self, !isClosed else { return }
            spans?.isPaused = false
            Task(executorPreference: loop) { await self.sendSpans() }
            waitForSpans()
        }
    }

    private func waitForMetrics() {
        guard let interval = telemetry.settings.metricInterval else { return }
        timers[1] = loop.after(interval) { [weak self] in
            guard let self, !isClosed else { return }
            Task(executorPreference: loop) { await self.sendMetrics(timeout: self.telemetry.settings.timeout) }
            waitForMetrics()
        }
    }

    private func sendSpans() async {
        // While one batch is under way, the next one waits, up to its largest size.
        guard !isSending, !isClosed, let batch = spans?.take() else { return }
        isSending = true
        await send(batch, timeout: telemetry.settings.timeout)
        isSending = false
    }

    private func send(_ batch: (text: [UInt8], count: Int), timeout: Duration) async {
        let body = telemetry.resource.traces(batch.text, version: Version.number)
        let lost = await post(body, to: "v1/traces", timeout: timeout, rejected: "rejectedSpans") ?? batch.count
        spans?.drop(min(lost, batch.count))
        spans?.isPaused = pause > .zero
    }

    private func sendMetrics(timeout: Duration) async {
        guard let families else { return }
        let body = telemetry.resource.metrics(
            families(), version: Version.number, unixMilliseconds: Surroundings.unixMilliseconds())
        let lost = await post(body, to: "v1/metrics", timeout: timeout, rejected: "rejectedDataPoints")
        if lost == nil { telemetry.notices.metricsFailed() }
    }

    /// - Returns: how much of it the collector rejected; nil when it did not take the request.
    private func post(_ body: [UInt8], to path: String, timeout: Duration, rejected: String) async -> Int? {
        let request = OutboundRequest(
            method: .post, url: "\(telemetry.settings.endpoint)/\(path)", fields: telemetry.fields, body: body,
            responseFields: [], timeout: timeout)
        do throws(TransferFailure) {
            let response = try await client.send(request)
            guard (200...299).contains(response.status.rawValue) else {
                return failed("it answers with status \(response.status.rawValue)")
            }
            pause = .zero
            telemetry.notices.succeeded()
            let answer = (try? JSON(parsing: response.body))?["partialSuccess"]
            let count = answer?[rejected]
            let number = count?.stringValue.flatMap { Int($0) } ?? count?.numberValue.flatMap { Int($0.spelling) } ?? 0
            // Whatever a collector answers, it cannot reject more than a body has.
            return min(max(0, number), body.count)
        } catch {
            // Cut short by the end of the process.
            if error == .cancelled { return nil }
            return failed("\(error.code)")
        }
    }

    private func failed(_ reason: String) -> Int? {
        pause = min(max(.seconds(5), pause * 2), TelemetryExporter.longestPause)
        telemetry.notices.failed(reason)
        return nil
    }
}

/// What the exporters of all loops share.
final class Telemetry: Sendable {
    let settings: Settings.Telemetry
    let resource: OTLP.Resource
    let client: HTTPClientSettings
    let fields: Fields
    let notices: TelemetryNotices

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
        notices = TelemetryNotices(settings.endpoint, logger: logger)
    }
}

/// The log lines about the collector: one when it fails, and one when it is well again.
final class TelemetryNotices: Sendable {
    private let endpoint: ServerURL
    private let logger: Logger
    private let isFailing = Locked(false)
    private let lostMetrics = Locked(0)

    init(_ endpoint: ServerURL, logger: Logger) {
        self.endpoint = endpoint
        self.logger = logger
    }

    /// How often metrics were sent and did not arrive.
    var failedMetrics: Int { lostMetrics.withLock { $0 } }

    func metricsFailed() { lostMetrics.withLock { $0 += 1 } }

    func failed(_ reason: String) {
        guard !wasFailing(nowIs: true) else { return }
        let place = "OTEL_EXPORTER_OTLP_ENDPOINT: \(endpoint)"
        logger.warning("\(place) takes no metrics and spans (\(reason)); they are dropped until it does")
    }

    func succeeded() {
        guard wasFailing(nowIs: false) else { return }
        logger.info("OTEL_EXPORTER_OTLP_ENDPOINT: \(endpoint) takes metrics and spans again")
    }

    private func wasFailing(nowIs isFailing: Bool) -> Bool {
        self.isFailing.withLock { state in
            defer { state = isFailing }
            return state
        }
    }
}
