import Curl
import TestTools
import Testing
import WebSocket

@Suite(.timeLimit(.minutes(5)))
struct `A conversation` {
    @Test func `ends with the message that is waited for`() async throws {
        let peer = try WebSocketPeer()
        let target = try peer.target("/raw/" + frame(1, "one") + frame(2, "two") + frame(1, "two") + frame(1, "three"))
        let (answer, report) = try await withStreams { streams in
            let answer = try await Conversation.ask(
                WebSocketMessage("?"), of: target, limits: WebSocketLimits(), over: streams
            ) { $0 == WebSocketMessage("two") }
            return (answer, await peer.nextReport())
        }
        #expect(answer == WebSocketMessage("two"))
        #expect(report == "text(?) close(1000:)")
    }

    @Test(
        arguments: [
            ("/echo", WebSocketFailure.timedOut), ("/raw/880203e9", .closed(code: 1001, reason: "")),
            ("/raw/8101c3", .notUTF8),
        ])
    func `fails as its WebSocket does`(path: String, failure: WebSocketFailure) async throws {
        let peer = try WebSocketPeer()
        let target = try peer.target(path)
        let result = try await withStreams { [self] streams in
            var limits = WebSocketLimits()
            if failure == .timedOut { limits.timeout = .milliseconds(200) }
            let result = await self.result(of: target, limits, over: streams)
            _ = await peer.nextReport()
            return result
        }
        #expect(result == .failure(failure))
    }

    @Test(arguments: ["/silent", "/echo"])
    func `ends at once when its task is cancelled`(path: String) async throws {
        let peer = try WebSocketPeer()
        let target = try peer.target(path)
        let result = try await withStreams { [self] streams in
            let task = Task(executorPreference: streams.loop) {
                await self.result(of: target, WebSocketLimits(), over: streams)
            }
            // A connection that begins later is open now.
            let other = try WebSocketRecord(try peer.target("/raw/"), over: streams)
            while !other.isOpen { await Task.yield() }
            other.close()
            task.cancel()
            let result = await task.value
            // Both connections end.
            for _ in 0..<2 { _ = await peer.nextReport() }
            return result
        }
        #expect(result == .failure(.cancelled))
    }

    private func result(
        of target: WebSocketTarget, _ limits: WebSocketLimits, over streams: Streams
    ) async -> Result<WebSocketMessage, WebSocketFailure> {
        do throws(WebSocketFailure) {
            let message = try await Conversation.ask(
                WebSocketMessage("?"), of: target, limits: limits, over: streams
            ) { _ in false }
            return .success(message)
        } catch { return .failure(error) }
    }
}
