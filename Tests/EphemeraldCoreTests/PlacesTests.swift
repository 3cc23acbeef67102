import EphemeraldCore
import HTTP
import Locking
import Sessions
import Testing

/// Requests beyond `MAX_IN_FLIGHT`. A place is held by a mint before a gate; the longest wait ends when the test says so.
@Suite(.timeLimit(.minutes(5))) struct `Requests that wait for a place` {
    /// A minter with one place, which is taken.
    private struct Queue {
        let gate = Gate()
        let upstream: ScriptedUpstream
        let state = UpstreamState()
        let minter: Minter
        /// Ends the longest wait of everybody.
        let timeout = Latch()
        /// The client with socket 7 goes.
        let departure = Latch()
        let order = Locked<[Int]>([])

        init(_ longest: Int = 2) {
            upstream = ScriptedUpstream(.afterGate(gate, .minted), .minted)
            var settings = Upstream(baseURL: "https://api.openai.test/v1", keys: [Secret("sk-a")])
            (settings.maxInFlight, settings.maxWaiting) = (1, longest)
            var surroundings = upstream.clock.surroundings
            surroundings.sleep = { [timeout] time in
                if time == .seconds(1) { await timeout.pass() }
            }
            surroundings.untilGone = { [departure] _ in await departure.pass() }
            minter = Minter(upstream: settings, state: state, surroundings: surroundings, send: upstream.send)
        }

        /// Begins in the order of the calls.
        func mint(_ number: Int, client: Int32? = nil) -> Task<String, Never> {
            let session = TestSessions.session("default")
            return Task.immediate {
                do throws(MintFailure) {
                    let secret = try await minter.mint(
                        session.body, for: session, requestID: RequestID(randomBits: 1), client: client)
                    order.withLock { $0.append(number) }
                    return secret.value.reveal()
                } catch {
                    return error.refusal.code
                }
            }
        }
    }

    @Test func `get it in the order in which they came, and one too many is refused`() async {
        let queue = Queue(3)
        let first = queue.mint(0)
        await queue.gate.waitForArrivals(1)
        let waiting = (1...3).map { queue.mint($0) }
        #expect(queue.state.mintsWaiting == 3)
        #expect(await queue.mint(4).value == "overloaded")
        #expect(queue.state.mintsInProgress == 1)
        queue.gate.open()
        #expect(await first.value == "ek_one")
        for mint in waiting { #expect(await mint.value == "ek_one") }
        #expect(queue.order.withLock { $0 } == [0, 1, 2, 3])
        #expect(queue.state.mintsWaiting == 0 && queue.state.mintsInProgress == 0)
    }

    @Test func `are refused after the longest wait, and leave the line`() async {
        let queue = Queue()
        let first = queue.mint(0)
        await queue.gate.waitForArrivals(1)
        let waiting = [queue.mint(1), queue.mint(2)]
        queue.timeout.open()
        for mint in waiting { #expect(await mint.value == "overloaded") }
        #expect(queue.state.mintsWaiting == 0 && queue.state.mintsInProgress == 1)
        queue.gate.open()
        #expect(await first.value == "ek_one")
        #expect(queue.upstream.requests.count == 1 && queue.state.mintsInProgress == 0)
    }

    @Test func `leave the line at once when their client has gone`() async {
        let queue = Queue()
        let first = queue.mint(0)
        await queue.gate.waitForArrivals(1)
        let (gone, stays) = (queue.mint(1, client: 7), queue.mint(2))
        queue.departure.open()
        #expect(await gone.value == "overloaded")
        #expect(queue.state.mintsWaiting == 1)
        let next = queue.mint(3)
        #expect(queue.state.mintsWaiting == 2, "the place in the line is free")
        queue.gate.open()
        for mint in [first, stays, next] { #expect(await mint.value == "ek_one") }
        #expect(queue.order.withLock { $0 } == [0, 2, 3])
    }

    @Test func `leave the line when they are cancelled, as a drain does it`() async {
        let queue = Queue()
        let first = queue.mint(0)
        await queue.gate.waitForArrivals(1)
        let waiting = queue.mint(1)
        waiting.cancel()
        #expect(await waiting.value == "shutting_down")
        #expect(queue.state.mintsWaiting == 0)
        queue.gate.open()
        _ = await first.value
    }

    @Test func `are not sent to an upstream that began to fail meanwhile`() async {
        let queue = Queue()
        queue.upstream.answer(.failure(.timedOut))
        for number in 0..<19 { #expect(await queue.mint(number).value == "upstream_timeout") }
        // The twentieth failure in a row opens the circuit breaker.
        queue.upstream.answer(.afterGate(queue.gate, .failure(.timedOut)))
        let last = queue.mint(19)
        await queue.gate.waitForArrivals(1)
        let waiting = [queue.mint(20), queue.mint(21)]
        queue.gate.open()
        #expect(await last.value == "upstream_timeout")
        for mint in waiting { #expect(await mint.value == "upstream_unavailable") }
        #expect(queue.upstream.requests.count == 20)
        #expect(queue.state.mintsWaiting == 0 && queue.state.mintsInProgress == 0)
    }

    @Test func `of many threads are lost nowhere, and never more at once than there are places`() async {
        let (places, running, most, done) = (3, Locked(0), Locked(0), Locked(0))
        let upstream = ScriptedUpstream(.minted)
        var settings = Upstream(baseURL: "https://api.openai.test/v1", keys: [Secret("sk-a")])
        (settings.maxInFlight, settings.maxWaiting) = (places, 1_000)
        var surroundings = upstream.clock.surroundings
        surroundings.sleep = { _ in try? await Task.sleep(for: .seconds(30)) }
        let state = UpstreamState()
        let minter = Minter(upstream: settings, state: state, surroundings: surroundings) {
            _ async throws(TransferFailure) in
            let count = running.withLock { count in
                count += 1
                return count
            }
            most.withLock { $0 = max($0, count) }
            await Task.yield()
            running.withLock { $0 -= 1 }
            return .minted()
        }
        let session = TestSessions.session("default")
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<1_000 {
                group.addTask {
                    let task = Task {
                        try await minter.mint(session.body, for: session, requestID: RequestID(randomBits: 1))
                    }
                    if number % 7 == 0 { task.cancel() }
                    if (try? await task.value) != nil { done.withLock { $0 += 1 } }
                }
            }
        }
        #expect(most.withLock { $0 } <= places)
        #expect(done.withLock { $0 } >= 1_000 - 143)
        #expect(state.mintsWaiting == 0 && state.mintsInProgress == 0)
    }
}

/// A gate that a cancelled task leaves, and that stays closed for the others.
private final class Latch: Sendable {
    private let state = Locked((isOpen: false, waiting: [Int: CheckedContinuation<Void, Never>](), next: 0))

    func pass() async {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    let isOver = state.isOpen || Task.isCancelled
                    if !isOver { state.waiting[number] = continuation }
                    return isOver
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: number) }?.resume()
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume() }
    }
}
