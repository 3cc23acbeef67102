import HTTP
import Locking

/// The spans of one loop that wait to be sent, written as OTLP/JSON (OpenTelemetry protocol 1.3). What does not fit is
/// dropped and counted: a request never waits for a collector.
///
/// A span has the method, the route and the status of a request, its session and its ids. Like the usage line it has no
/// member for keys, tokens, instructions or bodies, and unlike that line none for callers and addresses.
package final class SpanBuffer: Sendable {
    /// As many wait at most: the default of `OTEL_BSP_MAX_QUEUE_SIZE`.
    package static let largest = 2048
    /// With as many, ``onBatch(_:)`` is called: the default of `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`.
    package static let batch = 512

    private struct State: Sendable {
        /// What a request to a collector begins with, and the spans, each with a comma after it.
        var text: [UInt8] = []
        var count = 0
        var dropped = 0
        var isPaused = false
        var templates: [SpanTemplate] = []
        var onBatch: (@Sendable () -> Void)?

        /// The place of the template in the list, which it is added to if need be.
        mutating func template(of request: AnsweredRequest, isRoot: Bool) -> Int {
            let number = SpanTemplate.number(of: request, isRoot: isRoot)
            for index in templates.indices
            where templates[index].number == number && templates[index].error === request.error {
                return index
            }
            templates.append(SpanTemplate(request, isRoot: isRoot))
            return templates.count - 1
        }
    }

    private let state = Locked(State())
    /// Decides which requests have a span.
    let sampler: TraceSampler
    /// The body of a request to a collector, before its spans and after them.
    private let frame: (beginning: [UInt8], end: [UInt8])

    /// Without spans.
    /// - Parameters:
    ///   - sampler: decides which requests have a span.
    ///   - frame: the body of a request to a collector, before its spans and after them.
    package init(sampler: TraceSampler, in frame: (beginning: [UInt8], end: [UInt8])) {
        self.sampler = sampler
        self.frame = frame
    }

    /// Sets what is called on the loop's thread each time that a batch is complete.
    package func onBatch(_ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.onBatch = action }
    }

    /// While it is paused, spans are dropped and counted before they are written: nobody would receive them.
    package var isPaused: Bool {
        get { state.withLock(\.isPaused) }
        set { state.withLock { $0.isPaused = newValue } }
    }

    /// The number of spans that nobody received.
    package var dropped: Int { state.withLock(\.dropped) }

    /// Counts spans that were taken and did not arrive.
    package func drop(_ count: Int) {
        state.withLock { $0.dropped += count }
    }

    /// Takes all spans, as the body of a request; nil when there are none.
    package func take() -> (body: [UInt8], count: Int)? {
        state.withLock { state in
            guard state.count > 0 else { return nil }
            defer { (state.text, state.count) = ([], 0) }
            state.text.removeLast()
            state.text += frame.end
            return (state.text, state.count)
        }
    }

    /// - Parameters:
    ///   - unixMilliseconds: the end of the request.
    ///   - duration: how long it took, in nanoseconds.
    func add(
        _ request: AnsweredRequest, _ context: RequestContext, _ trace: TraceParent, unixMilliseconds: Int64,
        duration: UInt64
    ) {
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            guard !state.isPaused, state.count < SpanBuffer.largest else {
                state.dropped += 1
                return nil
            }
            if state.count == 0 {
                state.text.reserveCapacity(SpanBuffer.batch * 800)
                state.text += frame.beginning
            }
            let template = state.template(of: request, isRoot: trace.parentID == nil)
            let start = state.text.count
            state.text += state.templates[template].text
            SpanTemplate.complete(
                &state.text, from: start, trace, context, unixMilliseconds: UInt64(clamping: unixMilliseconds),
                duration: duration)
            state.count += 1
            return state.count == SpanBuffer.batch ? state.onBatch : nil
        }
        action?()
    }
}
