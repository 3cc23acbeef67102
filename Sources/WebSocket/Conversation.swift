package import Curl
import EventLoop

/// One question over a WebSocket: it is opened for that, and closed after the answer.
package enum Conversation {
    /// Opens a WebSocket, sends a message and waits for the answer. On the loop's thread.
    /// - Parameters:
    ///   - isAnswer: whether a message of the server's is what is waited for; all others are dropped.
    ///   - limits: `timeout` is the time for the answer.
    package static func ask(
        _ question: WebSocketMessage, of target: WebSocketTarget, limits: WebSocketLimits, over streams: Streams,
        until isAnswer: @escaping (WebSocketMessage) -> Bool
    ) async throws(WebSocketFailure) -> WebSocketMessage {
        if Task.isCancelled { throw .cancelled }
        let waiting = Waiting()
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiting.begin(continuation)
                var events = WebSocket.Events()
                events.open = { $0.send(question) }
                events.receive = { if isAnswer($1) { waiting.end(.success($1)) } }
                events.end = { waiting.end(.failure($0)) }
                do throws(WebSocketFailure) {
                    waiting.keep(try WebSocket(to: target, limits: limits, over: streams, events: events))
                } catch {
                    waiting.end(.failure(error))
                }
            }
        } onCancel: {
            // This comes after the continuation is there, even when the task was cancelled before it.
            streams.loop.submit { waiting.end(.failure(.cancelled)) }
        }.get()
    }
}

/// A conversation under way. Belongs to the thread of its loop.
private final class Waiting: @unchecked Sendable {
    // `@unchecked`: see above.
    typealias Continuation = CheckedContinuation<Result<WebSocketMessage, WebSocketFailure>, Never>

    private var continuation: Continuation?
    private var socket: WebSocket?

    func begin(_ continuation: Continuation) {
        self.continuation = continuation
    }

    func keep(_ socket: WebSocket) {
        self.socket = socket
    }

    /// The first result counts.
    func end(_ result: Result<WebSocketMessage, WebSocketFailure>) {
        continuation?.resume(returning: result)
        continuation = nil
        socket?.close()
        socket = nil
    }
}
