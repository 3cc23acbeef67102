import EphemeraldCore
import Locking

/// Clocks that stand still until a test moves them, and a sleep that moves them instead of waiting.
final class ManualClock: Sendable {
    private struct State {
        var nanoseconds: UInt64 = 1_000_000_000_000
        var sleeps: [Duration] = []
        var randomBits: UInt128 = 0xABC
        var unixMilliseconds: Int64 = 1_795_348_800_007
    }

    private let state = Locked(State())

    /// How long was slept, each time.
    var sleeps: [Duration] { state.withLock(\.sleeps) }

    func advance(by time: Duration) {
        state.withLock { $0.nanoseconds += UInt64(time / .nanoseconds(1)) }
    }

    /// The random bits from now on.
    func draw(_ bits: UInt128) {
        state.withLock { $0.randomBits = bits }
    }

    /// Moves the wall clock and nothing else.
    func moveWallClock(by time: Duration) {
        state.withLock { $0.unixMilliseconds += Int64(time / .milliseconds(1)) }
    }

    /// The wall clock is at 2026-11-22T12:00:00.007Z, until it is moved.
    var surroundings: Surroundings {
        Surroundings(
            monotonicNanoseconds: { self.state.withLock(\.nanoseconds) },
            unixMilliseconds: { self.state.withLock(\.unixMilliseconds) },
            sleep: { time in
                self.state.withLock { $0.sleeps.append(time) }
                self.advance(by: time)
            },
            randomBits: { self.state.withLock(\.randomBits) })
    }
}
