import Curl
import EphemeraldCore
import EventLoop
import Settings

/// Sends the spans of one loop, and from one loop the metrics of all, to an OpenTelemetry collector.
///
/// Nothing is sent again: what does not arrive is counted. Requests never wait for it.
final class TelemetryExporter: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop.
    private let loop: EventLoop
    private let telemetry: Telemetry
    private let client: HTTPClient
    private let spans: (buffer: SpanBuffer, sender: SignalSender)?
    private let metrics: (families: @Sendable () -> [MetricFamily], interval: Duration, sender: SignalSender)?
    private var spanTimer: Timer?
    private var metricTimer: Timer?
    /// Whether a batch was complete while another one was under way.
    private var isBatchWaiting = false
    private var isClosed = false

    /// - Parameters:
    ///   - spans: nil when spans are not sent.
    ///   - families: all metrics at this moment; nil on the loops that do not send them.
    init(
        _ telemetry: Telemetry, on loop: EventLoop, spans: SpanBuffer?,
        families: (@Sendable () -> [MetricFamily])?
    ) {
        self.loop = loop
        self.telemetry = telemetry
        let client = HTTPClient(telemetry.client, on: loop)
        self.client = client
        func sender(of signal: Telemetry.Signal) -> SignalSender {
            SignalSender(of: signal, telemetry.fields, through: client)
        }
        if let spans, let signal = telemetry.traces {
            self.spans = (spans, sender(of: signal))
        } else {
            self.spans = nil
        }
        if let families, let signal = telemetry.metrics, let interval = telemetry.settings.metricInterval {
            metrics = (families, interval, sender(of: signal))
        } else {
            metrics = nil
        }
    }

    /// On the loop's thread.
    func begin() {
        if let spans {
            spans.buffer.onBatch { [weak self] in
                guard let self else { return }
                Task(executorPreference: loop) { await self.sendSpans() }
            }
            waitForSpans()
        }
        waitForMetrics()
    }

    /// Sends what is left, once. On the loop's thread.
    func finish(within time: Duration) async {
        guard !isClosed else { return }
        isClosed = true
        spanTimer?.cancel()
        metricTimer?.cancel()
        if let spans, !spans.sender.isPaused, let batch = spans.buffer.take() { await send(batch, timeout: time) }
        if metrics?.sender.isPaused == false { await sendMetrics(timeout: time) }
        client.close()
    }

    private func waitForSpans() {
        guard let spans, !isClosed else { return }
        spanTimer?.cancel()
        let time = spans.sender.isPaused ? spans.sender.pauseLeft : telemetry.settings.spanDelay
        spanTimer = loop.after(time) { [weak self] in
            guard let self, !isClosed else { return }
            spans.buffer.isPaused = spans.sender.isPaused
            Task(executorPreference: loop) { await self.sendSpans() }
            waitForSpans()
        }
    }

    private func waitForMetrics() {
        guard let metrics else { return }
        metricTimer = loop.after(metrics.interval) { [weak self] in
            guard let self, !isClosed else { return }
            if !metrics.sender.isSending, !metrics.sender.isPaused {
                Task(executorPreference: loop) { await self.sendMetrics(timeout: self.telemetry.settings.timeout) }
            }
            waitForMetrics()
        }
    }

    private func sendSpans() async {
        guard let spans, !isClosed, !spans.sender.isPaused else { return }
        // While one batch is under way, the next one waits, up to its largest size.
        guard !spans.sender.isSending else {
            isBatchWaiting = true
            return
        }
        repeat {
            isBatchWaiting = false
            guard let batch = spans.buffer.take() else { return }
            await send(batch, timeout: telemetry.settings.timeout)
        } while isBatchWaiting && !spans.sender.isPaused && !isClosed
    }

    private func send(_ batch: (body: [UInt8], count: Int), timeout: Duration) async {
        guard let spans else { return }
        let lost = await spans.sender.send(batch.body, within: timeout, rejected: "rejectedSpans") ?? batch.count
        spans.buffer.drop(min(lost, batch.count))
        spans.buffer.isPaused = spans.sender.isPaused
        waitForSpans()
    }

    private func sendMetrics(timeout: Duration) async {
        guard let metrics else { return }
        let body = telemetry.resource.metrics(
            metrics.families(), version: Version.number, unixMilliseconds: Surroundings.unixMilliseconds())
        let lost = await metrics.sender.send(body, within: timeout, rejected: "rejectedDataPoints")
        if lost == nil { telemetry.countFailureOfMetrics() }
    }
}
