import HTTP
import JSON
import Locking
import Sessions

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
        /// The spans, with commas between them.
        var text: [UInt8] = []
        var count = 0
        var dropped = 0
        var isPaused = false
        /// What is the same in all spans of requests that metrics do not tell apart.
        var endings: [(request: AnsweredRequest, text: [UInt8])] = []
        var onBatch: (@Sendable () -> Void)?
    }

    private let state = Locked(State())
    /// Decides which requests have a span.
    let sampler: TraceSampler

    /// Without spans.
    package init(sampler: TraceSampler) {
        self.sampler = sampler
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

    /// Takes all spans, in the form of the member `spans` without its brackets; nil when there are none.
    package func take() -> (text: [UInt8], count: Int)? {
        state.withLock { state in
            guard state.count > 0 else { return nil }
            defer { (state.text, state.count) = ([], 0) }
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
            if state.count == 0 { state.text.reserveCapacity(SpanBuffer.batch * 800) }
            let ending = SpanBuffer.ending(of: request, &state.endings)

            if state.count > 0 { state.text.append(UInt8(ascii: ",")) }
            SpanBuffer.write(context, trace, unixMilliseconds, duration, to: &state.text)
            state.text += state.endings[ending].text
            state.count += 1
            return state.count == SpanBuffer.batch ? state.onBatch : nil
        }
        action?()
    }

    private static func write(
        _ context: RequestContext, _ trace: TraceParent, _ unixMilliseconds: Int64, _ duration: UInt64,
        to text: inout [UInt8]
    ) {
        text += members.trace
        text += trace.traceID.utf8
        text += members.span
        text += trace.spanID.utf8
        if let parent = trace.parentID {
            text += members.parent
            text += parent.utf8
            text += members.flagsOfChild
        } else {
            text += members.flagsOfRoot
        }
        let end = Int(unixMilliseconds) * 1_000_000
        text.append(digitsOf: max(0, end - Int(duration)))
        text += members.end
        text.append(digitsOf: max(0, end))
        text += members.requestID
        text += context.id.description.utf8
        if let session = context.session {
            text += members.session
            text += session.session.name.utf8
        }
    }

    /// The place of the ending in the list, which it is added to if need be.
    private static func ending(
        of request: AnsweredRequest, _ endings: inout [(request: AnsweredRequest, text: [UInt8])]
    ) -> Int {
        for index in endings.indices where endings[index].request == request { return index }
        let method = request.method == .other ? "HTTP" : request.method.text
        var attributes: [JSON] = [
            OTLP.attribute("http.request.method", request.method.text),
            OTLP.attribute("http.route", request.route.text), OTLP.attribute("url.path", request.route.text),
            OTLP.attribute("url.scheme", "http"),
            OTLP.attribute("http.response.status_code", request.status.rawValue),
        ]
        if let error = request.error { attributes.append(OTLP.attribute("error.type", error.code)) }
        // The list begins with attributes that differ, the last of which ends here.
        let list = JSON.array(attributes).serialized().dropFirst()
        let status: JSONObject = request.error == nil ? [:] : ["code": 2]
        let rest: JSONObject = [
            "name": .string("\(method) \(request.route.text)"), "kind": 2, "status": .object(status),
        ]
        let text = Array(#""}},"#.utf8) + list + Array(",".utf8) + JSON.object(rest).serialized().dropFirst()
        endings.append((request, text))
        return endings.count - 1
    }

    /// The members that every span has, up to their values. Trace flags have the bits for a parent elsewhere and for
    /// "sampled"; times and 64-bit integers are strings, and ids are hexadecimal digits (OTLP specification, JSON).
    private static let members = (
        trace: Array(#"{"traceId":""#.utf8), span: Array(#"","spanId":""#.utf8),
        parent: Array(#"","parentSpanId":""#.utf8),
        flagsOfChild: Array(#"","flags":769,"startTimeUnixNano":""#.utf8),
        flagsOfRoot: Array(#"","flags":257,"startTimeUnixNano":""#.utf8), end: Array(#"","endTimeUnixNano":""#.utf8),
        requestID: Array(
            #"","attributes":[{"key":"ephemerald.request.id","value":{"stringValue":""#.utf8),
        session: Array(#""}},{"key":"ephemerald.session.name","value":{"stringValue":""#.utf8)
    )
}
