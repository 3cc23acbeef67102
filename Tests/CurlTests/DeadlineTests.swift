import Curl
import EventLoop
import HTTP
import TestTools
import Testing

/// Each transfer's deadline is kept by one timer for all of them, which libcurl moves back and forth.
@Suite(.timeLimit(.minutes(5)))
struct DeadlineTests {
    @Test(arguments: 0..<5)
    func `each of many deadlines is kept, whatever begins and ends meanwhile`(seed: Int) async throws {
        let server = try ScriptedServer { request in
            request.hasPrefix("GET") ? [] : [.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
        }
        try await withClient { client, loop in
            var random = SplitMix64(seed: UInt64(seed))
            let tasks = (0..<60).map { _ in
                let start = Duration.milliseconds(Int.random(in: 0..<400, using: &random))
                let deadline = Duration.milliseconds(Int.random(in: 20..<600, using: &random))
                let isCancelled = Int.random(in: 0..<4, using: &random) == 0
                return Task(executorPreference: loop) {
                    await loop.sleep(for: start)
                    _ = await client.result(of: OutboundRequest(.head, server.url))
                    return await expire(client, server.url, after: deadline, on: loop, isCancelled: isCancelled)
                }
            }
            for task in tasks {
                let (failure, early, late) = await task.value
                #expect(failure == .cancelled || failure?.isTimeout == true, "\(String(describing: failure))")
                #expect(!early)
                // Compared with the loop's own timer, because a busy machine delays both.
                #expect(late < .seconds(10))
            }
        }
    }
}

extension DeadlineTests {
    @Test(arguments: [50, 300])
    func `a deadline is kept while the timer is set for a later one`(milliseconds: Int) async throws {
        let server = try ScriptedServer { _ in [] }
        let (failure, early, late) = try await withClient { client, loop in
            let long = Task(executorPreference: loop) { await client.result(of: OutboundRequest(.get, server.url)) }
            defer { long.cancel() }
            _ = await server.nextRequest()
            // Past the nearer times that libcurl sets while it connects.
            await loop.sleep(for: .milliseconds(500))
            return await expire(client, server.url, after: .milliseconds(milliseconds), on: loop, isCancelled: false)
        }
        #expect(failure?.isTimeout == true && !early && late < .seconds(10))
    }
}

/// Sends a request that is not answered. How it ended, whether that was before its deadline, and how long after the
/// loop's own timer for the same time.
private func expire(
    _ client: HTTPClient, _ url: String, after deadline: Duration, on loop: EventLoop, isCancelled: Bool
) async -> (failure: TransferFailure?, early: Bool, late: Duration) {
    var request = OutboundRequest(.get, url)
    request.timeout = deadline
    let began = ContinuousClock.now
    let exchange = Task(executorPreference: loop) { [request] in
        (await client.result(of: request).failure, ContinuousClock.now)
    }
    if isCancelled {
        await loop.sleep(for: deadline / 2)
        exchange.cancel()
    }
    let timer = Task(executorPreference: loop) {
        await loop.sleep(for: deadline)
        return ContinuousClock.now
    }
    let ((failure, ended), due) = await (exchange.value, timer.value)
    let isEarly = failure != .cancelled && ended - began < deadline - .milliseconds(2)
    return (failure, isEarly, ended - due)
}

extension TransferFailure {
    /// Whether the deadline passed, with a connection or without.
    fileprivate var isTimeout: Bool {
        if case .cannotConnect(let words) = self { words.hasPrefix("timed out") } else { self == .timedOut }
    }
}
