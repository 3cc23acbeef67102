import EphemeraldCore
import HTTP
import JSON
import Locking
import Testing

@Suite struct `The spans that wait` {
    private static let always = TraceSampler(followsParent: true, ratio: 1)
    private static let list = (beginning: Array("[".utf8), end: Array("]".utf8))
    private static let stranger = Request.token(origin: "https://stranger.example")

    private static func spans(_ buffer: SpanBuffer) throws -> [JSON] {
        try buffer.take().map { try JSON(parsing: $0.body).arrayValue ?? [] } ?? []
    }

    @Test func `are at most 2,048, and what comes then is counted`() async throws {
        let buffer = SpanBuffer(sampler: Self.always, in: Self.list)
        let batches = Locked(0)
        buffer.onBatch { batches.withLock { $0 += 1 } }
        let service = try TestService(spans: buffer)
        for _ in 0..<(SpanBuffer.largest + 3) { _ = await service.respond(to: Self.stranger) }
        #expect(buffer.dropped == 3)
        #expect(batches.withLock { $0 } == 1, "once, when the batch is complete")
        #expect(try Self.spans(buffer).count == SpanBuffer.largest)
        #expect(buffer.take() == nil)
    }

    @Test func `are dropped and counted while nobody takes them`() async throws {
        let buffer = SpanBuffer(sampler: Self.always, in: Self.list)
        let service = try TestService(spans: buffer)
        buffer.isPaused = true
        _ = await service.respond(to: .token())
        #expect(buffer.take() == nil)
        #expect(buffer.dropped == 1)
        buffer.isPaused = false
        _ = await service.respond(to: .token())
        #expect(try Self.spans(buffer).count == 1)
    }

    @Test func `have the trace of a trusted proxy and the time of the request`() async throws {
        let buffer = SpanBuffer(sampler: Self.always, in: Self.list)
        let upstream = ScriptedUpstream(.after(.milliseconds(250), .minted))
        let service = try TestService(upstream, spans: buffer)
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        _ = await service.respond(to: .token(fields: ["traceparent": trace], peer: "10.0.0.1"))
        _ = await service.respond(to: .token(fields: ["traceparent": trace]))
        let spans = try Self.spans(buffer)
        try #require(spans.count == 2)
        #expect(spans[0]["traceId"] == "0af7651916cd43dd8448eb211c80319c")
        #expect(spans[0]["parentSpanId"] == "b7ad6b7169203331")
        #expect(spans[1]["traceId"] != "0af7651916cd43dd8448eb211c80319c", "a stranger's trace is not believed")
        #expect(spans[1]["parentSpanId"] == nil)
        let times = ["startTimeUnixNano", "endTimeUnixNano"].map { spans[0][$0]?.stringValue.flatMap { Int($0) } ?? 0 }
        #expect(times[1] - times[0] == 250_000_000)
    }

    /// A tenth of the traces, by the last 14 digits of their ids.
    @Test(arguments: [
        ("0af7651916cd43dd84000000000000ff", "01", true), ("0af7651916cd43dd84ffffffffffffff", "01", false),
        ("0af7651916cd43dd8419000000000000", "00", true), ("0af7651916cd43dd841a000000000000", "01", false),
    ])
    func `are those of a part of the traces`(trace: String, flags: String, isSampled: Bool) async throws {
        let buffer = SpanBuffer(sampler: TraceSampler(followsParent: false, ratio: 0.1), in: Self.list)
        let service = try TestService(spans: buffer)
        let field = "00-\(trace)-b7ad6b7169203331-\(flags)"
        _ = await service.respond(to: .token(fields: ["traceparent": field], peer: "10.0.0.1"))
        #expect(try Self.spans(buffer).count == (isSampled ? 1 : 0))
    }
}
