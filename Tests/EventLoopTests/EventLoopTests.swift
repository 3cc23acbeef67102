import EventLoop
import Glibc
import System
import TestTools
import Testing

struct EventLoopTests {
    @Test func `a task stays on the loop's thread across suspensions`() async throws {
        let places = try await onLoop { loop in
            var places = [loop.isCurrent]
            await loop.sleep(for: .milliseconds(1))
            places.append(loop.isCurrent)
            await Task.yield()
            places.append(loop.isCurrent)
            return places
        }
        #expect(places == [true, true, true])
    }

    @Test func `work submitted from many threads runs once each, on the loop's thread`() async throws {
        let thread = try EventLoopThread(running: EventLoop(), name: "test")
        let places = Recorder()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 {
                        thread.loop.submit { if thread.loop.isCurrent { places.values.append(1) } }
                    }
                }
            }
        }
        thread.loop.stop()
        thread.join()
        #expect(places.values.count == 8_000)
    }

    @Test func `timers fire in the order of their deadlines, cancelled ones never`() async throws {
        let (fired, expected) = try await onLoop { loop in
            let fired = Recorder()
            var timers: [Timer] = []
            for (index, milliseconds) in [9, 3, 7, 1, 5, 2, 8, 4, 6].enumerated() {
                timers.append(loop.after(.milliseconds(milliseconds)) { fired.values.append(index) })
            }
            timers[0].cancel()
            timers[4].cancel()
            timers[4].cancel()
            // A busy machine may take milliseconds between two of them, so the order is not that of the delays.
            let expected = [1, 2, 3, 5, 6, 7, 8].sorted { timers[$0].due < timers[$1].due }
            await loop.sleep(for: .milliseconds(20))
            return (fired.values, expected)
        }
        #expect(fired == expected)
    }

    @Test func `an alarm rings at the earliest of its times, in whatever order they come, and again when set again`()
        async throws
    {
        let rings = try await onLoop { loop in
            let rang = Recorder()
            var alarm: Alarm?
            alarm = Alarm(on: loop) {
                rang.values.append(1)
                if rang.values.count < 2 { for hours in [0, 3, 2] { alarm?.set(after: .seconds(hours * 3_600)) } }
            }
            for seconds in [7_200.0, 0.01, 3_600.0] { alarm?.set(after: .seconds(seconds)) }
            for _ in 0..<5_000 where rang.values.count < 2 { await loop.sleep(for: .milliseconds(1)) }
            alarm = nil
            return rang.values
        }
        #expect(rings == [1, 1])
    }

    @Test func `a cancelled task sleeps no longer`() async throws {
        let slept = try await onLoop { loop in
            let began = ContinuousClock.now
            let task = Task(executorPreference: loop) { await loop.sleep(for: .seconds(60)) }
            task.cancel()
            await task.value
            return ContinuousClock.now - began
        }
        #expect(slept < .seconds(30))
    }

    @Test func `a watch reports readiness until it ends`() async throws {
        let (received, late) = try await onLoop { loop in
            let (pipe, other) = (try WatchedPipe(on: loop), try WatchedPipe(on: loop))
            var received: [UInt8?] = []
            for byte in [UInt8(7), 8] {
                pipe.write(byte)
                received.append(await pipe.next())
            }
            pipe.watch?.end()
            pipe.write(9)
            // The loop reports descriptors in the order in which they became ready: 9 would be there before 1.
            other.write(1)
            _ = await other.next()
            return (received, pipe.count - received.count)
        }
        #expect(received == [7, 8])
        #expect(late == 0)
    }

    @Test func `watching a descriptor that is not open names the call that failed`() async throws {
        let error = try await onLoop { loop in
            do {
                _ = try loop.watch(1_000_000, for: .readable) { _ in }
                return ""
            } catch { return "\(error)" }
        }
        #expect(error == "epoll_ctl: Bad file descriptor")
    }

    @Test func `the end of a socket's other side is waited for, past what it sent before`() async throws {
        let isOver = try await onLoop { loop in
            let listener = try Loopback()
            let client = try Loopback.connect(to: listener.port)
            let server = Descriptor(owning: try check("accept", accept(listener.descriptor.number, nil, nil)))
            let (socket, isOver) = (server.number, Recorder())
            let wait = Task.immediate(executorPreference: loop) {
                await loop.waitForEnd(of: socket)
                isOver.values.append(1)
            }
            _ = unsafe send(client.number, "unread", 6, 0)
            await loop.sleep(for: .milliseconds(5))
            let before = isOver.values
            _ = shutdown(client.number, CInt(SHUT_WR))
            await wait.value
            let cancelled = Task.immediate(executorPreference: loop) {
                await loop.waitForEnd(of: listener.descriptor.number)
            }
            cancelled.cancel()
            await cancelled.value
            return (before, isOver.values)
        }
        #expect(isOver == ([], [1]))
    }

    @Test func `a blocked signal arrives as an event`() async throws {
        let signal = try await onLoop { loop -> CInt in
            // Blocked in this thread alone, and sent to this thread alone.
            try SignalWatch.block([SIGUSR2])
            let (received, continuation) = AsyncStream.makeStream(of: CInt.self)
            let watch = try SignalWatch([SIGUSR2], on: loop) { continuation.yield($0) }
            pthread_kill(pthread_self(), SIGUSR2)
            defer { withExtendedLifetime(watch) {} }
            for await signal in received { return signal }
            return 0
        }
        #expect(signal == SIGUSR2)
    }
}

/// A pipe whose end for reading is watched on a loop. Belongs to the thread of the loop.
private final class WatchedPipe {
    private let reader: Descriptor
    private let writer: Descriptor
    private let (bytes, continuation) = AsyncStream.makeStream(of: UInt8.self)
    /// How many bytes have arrived.
    private(set) var count = 0
    private(set) var watch: Watch?

    init(on loop: EventLoop) throws {
        var ends: [CInt] = [0, 0]
        _ = try check("pipe", unsafe pipe(&ends))
        reader = Descriptor(owning: ends[0])
        writer = Descriptor(owning: ends[1])
        watch = try loop.watch(reader.number, for: .readable) { [unowned self] readiness in
            #expect(readiness.contains(.readable))
            var byte: UInt8 = 0
            _ = unsafe read(reader.number, &byte, 1)
            count += 1
            continuation.yield(byte)
        }
    }

    func write(_ byte: UInt8) {
        _ = unsafe withUnsafePointer(to: byte) { unsafe Glibc.write(writer.number, $0, 1) }
    }

    /// Waits for the next byte.
    func next() async -> UInt8? {
        for await byte in bytes { return byte }
        return nil
    }
}

/// What happened, in order; used on one loop's thread.
private final class Recorder: @unchecked Sendable {
    var values: [Int] = []
}
