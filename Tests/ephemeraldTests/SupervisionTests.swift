import EventLoop
import Glibc
import Locking
import System
import Testing
import Text
import ephemerald

@Suite struct `What systemd says in the environment` {
    @Test func `is nothing where there is no systemd`() throws {
        let variables = try SupervisorVariables([:], process: 7)
        #expect(variables.notifySocket == nil && variables.watchdog == nil && variables.sockets.isEmpty)
    }

    @Test(
        arguments: [
            (["LISTEN_PID": "7", "LISTEN_FDS": "1"], [""]), (["LISTEN_PID": "8", "LISTEN_FDS": "1"], []),
            (["LISTEN_FDS": "1"], []), (["LISTEN_PID": "7", "LISTEN_FDS": "0"], []),
            (["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "web:ops"], ["web", "ops"]),
            (["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "web"], ["web", ""]),
        ] as [([String: String], [String])])
    func `names the sockets for this process`(environment: [String: String], names: [String]) throws {
        let sockets = try SupervisorVariables(environment, process: 7).sockets
        #expect(sockets.map(\.name) == names)
        #expect(sockets.map(\.number) == names.indices.map { CInt(3 + $0) })
    }

    @Test(
        arguments: [
            (["WATCHDOG_USEC": "30000000"], .seconds(30)), (["WATCHDOG_USEC": "1000", "WATCHDOG_PID": "8"], nil),
            (["WATCHDOG_USEC": "1000", "WATCHDOG_PID": "7"], .milliseconds(1)), (["WATCHDOG_USEC": ""], nil),
        ] as [([String: String], Duration?)])
    func `sets the watchdog of this process`(environment: [String: String], limit: Duration?) throws {
        #expect(try SupervisorVariables(environment, process: 7).watchdog == limit)
    }

    @Test(
        arguments: [
            ["WATCHDOG_USEC": "0"], ["WATCHDOG_USEC": "soon"], ["LISTEN_PID": "7"],
            ["LISTEN_PID": "7", "LISTEN_FDS": "-1"], ["LISTEN_PID": "7", "LISTEN_FDS": "100000"],
        ])
    func `must make sense`(environment: [String: String]) {
        #expect(throws: Invalid.self) { try SupervisorVariables(environment, process: 7) }
    }
}

@Suite struct `A notice` {
    @Test(
        arguments: [
            (Notice.ready(status: "a\nMAINPID=1"), "READY=1\nSTATUS=a MAINPID=1"),
            (.reloading(microseconds: 5), "RELOADING=1\nMONOTONIC_USEC=5\nSTATUS=reloading"),
            (.stopping(status: "draining"), "STOPPING=1\nSTATUS=draining"), (.alive, "WATCHDOG=1"),
        ])
    func `is a datagram of sd_notify`(notice: Notice, text: String) {
        #expect(notice.text == text)
    }
}

@Suite struct `The watchdog` {
    @Test func `is fed as long as every loop turns, and not when one hangs`() async throws {
        let fed = Signs()
        let threads = try (0..<3).map { try EventLoopThread(running: EventLoop(), name: "watched \($0)") }
        let first = threads[0].loop
        let watchdog = Watchdog(limit: .milliseconds(4), loops: threads.map(\.loop)) { fed.add() }
        await Task(executorPreference: first) { watchdog.start() }.value
        await fed.next()
        await fed.next()
        let hanging = ThreadGate()
        let (hangs, hang) = AsyncStream<Void>.makeStream()
        threads[2].loop.submit {
            hang.yield()
            hanging.wait()
        }
        for await _ in hangs { break }
        let count = fed.count
        // Long enough for 50 beats. One may have been under way, which this loop had answered already.
        await Task(executorPreference: first) { await first.sleep(for: .milliseconds(100)) }.value
        #expect(fed.count <= count + 1)
        hanging.open()
        await fed.next()
        await Task(executorPreference: first) { watchdog.stop() }.value
        for thread in threads {
            thread.loop.stop()
            thread.join()
        }
    }
}

/// Counts signs of life, and waits for the next one.
private final class Signs: Sendable {
    private let state = Locked<(count: Int, waiting: CheckedContinuation<Void, Never>?)>((0, nil))

    var count: Int { state.withLock { $0.count } }

    func add() {
        let waiting = state.withLock { state in
            state.count += 1
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    func next() async {
        await withCheckedContinuation { continuation in state.withLock { $0.waiting = continuation } }
    }
}

/// Holds up a whole thread until it is opened.
private final class ThreadGate: Sendable {
    private let ends: Locked<(CInt, CInt)>

    init() {
        var numbers: [CInt] = [0, 0]
        let result = unsafe pipe(&numbers)
        precondition(result == 0, "a pipe can be had")
        ends = Locked((numbers[0], numbers[1]))
    }

    func wait() {
        var byte: UInt8 = 0
        let number = ends.withLock { $0.0 }
        _ = unsafe read(number, &byte, 1)
    }

    func open() {
        let number = ends.withLock { $0.1 }
        _ = unsafe write(number, "x", 1)
    }

    deinit {
        ends.withLock { ends in
            close(ends.0)
            close(ends.1)
        }
    }
}
