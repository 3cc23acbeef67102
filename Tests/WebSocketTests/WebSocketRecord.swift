import Curl
import EventLoop
import TestTools
import WebSocket

/// A WebSocket, and what came of it. Belongs to the thread of its loop.
final class WebSocketRecord: @unchecked Sendable {
    private(set) var isOpen = false
    private(set) var messages: [WebSocketMessage] = []
    private(set) var failure: WebSocketFailure?
    private var socket: WebSocket?
    private let news = AsyncStream.makeStream(of: Void.self)

    /// - Parameter greeting: sent as soon as it is open.
    init(
        _ target: WebSocketTarget, over streams: Streams, _ greeting: [String] = [],
        limiting change: (inout WebSocketLimits) -> Void = { _ in }
    ) throws(WebSocketFailure) {
        var limits = WebSocketLimits()
        change(&limits)
        var events = WebSocket.Events()
        events.open = { [unowned self] socket in
            precondition(!isOpen, "it opens once")
            isOpen = true
            for text in greeting { socket.send(WebSocketMessage(text)) }
            news.continuation.yield()
        }
        events.receive = { [unowned self] _, message in
            messages.append(message)
            news.continuation.yield()
        }
        events.end = { [unowned self] in
            precondition(failure == nil, "it ends once")
            failure = $0
            news.continuation.yield()
        }
        socket = try WebSocket(to: target, limits: limits, over: streams, events: events)
    }

    var texts: [String] { messages.map { String(decoding: $0.bytes, as: UTF8.self) } }

    func send(_ message: WebSocketMessage) { socket?.send(message) }

    func close(code: UInt16 = 1000, reason: String = "") { socket?.close(code: code, reason: reason) }

    /// Waits until so many messages are there, or it has ended.
    func wait(for count: Int) async {
        for await _ in news.stream where messages.count >= count || failure != nil { return }
    }

    /// Waits for the end.
    func ended() async -> WebSocketFailure? {
        await wait(for: .max)
        return failure
    }
}

/// Runs `body` with the streams of a loop with a thread of its own.
func withStreams<Value: Sendable>(
    _ body: @escaping @Sendable (Streams) async throws -> Value
) async throws -> Value {
    try await onLoop { loop in try await body(try Streams(on: loop)) }
}

/// What came of one connection.
struct Outcome: Sendable {
    let texts: [String]
    let failure: WebSocketFailure?
    /// What the peer saw.
    let report: String
}

extension WebSocketPeer {
    /// Lets it do something until the connection has ended on both sides.
    func outcome(
        of path: String, _ greeting: String...,
        limiting change: @escaping @Sendable (inout WebSocketLimits) -> Void = { _ in }
    ) async throws -> Outcome {
        let target = try target(path)
        return try await withStreams { [self] streams in
            let record = try WebSocketRecord(target, over: streams, greeting, limiting: change)
            let failure = await record.ended()
            let texts = record.texts
            return Outcome(texts: texts, failure: failure, report: await nextReport() ?? "")
        }
    }

    /// What the client sent on the next connection that has ended.
    func nextReport() async -> String? {
        // Not on the loop's thread, which has to go on.
        await Task.detached { self.report() }.value
    }
}
