import Locking
import Synchronization

/// How the whole service is, over all loops: what readiness is judged by, and what became of the last mints.
package final class ServiceState: Sendable {
    /// What became of a mint.
    struct LastMint: Sendable {
        /// `ok`, or the code of the refusal.
        let outcome: String
        /// On the monotonic clock.
        let nanoseconds: UInt64
    }

    private struct Contents: Sendable {
        var isDraining = false
        var broken: Set<String> = []
        var mints: [String: LastMint] = [:]
        var reloads = (done: 0, refused: 0)
    }

    private let contents = Locked(Contents())

    /// Not draining, nothing broken, nothing minted yet.
    package init() {}

    /// The daemon has been told to end: from now on it is not ready.
    package func beginDraining() {
        contents.withLock { $0.isDraining = true }
    }

    /// Takes what the last reading of the session files came to.
    /// - Parameters:
    ///   - names: all sessions that are in force; what is known of others is forgotten.
    ///   - broken: those whose file has become wrong since, so that what it said before is in force.
    package func sessionsRead(_ names: [String], broken: Set<String>) {
        let names = Set(names)
        contents.withLock { contents in
            contents.broken = broken
            contents.mints = contents.mints.filter { names.contains($0.key) }
        }
    }

    /// Counts a reload.
    package func reloaded(isWhole: Bool) {
        contents.withLock { contents in
            if isWhole { contents.reloads.done += 1 } else { contents.reloads.refused += 1 }
        }
    }

    /// How many reloads took effect, and how many left the old in force.
    package var reloads: [(outcome: String, count: Int)] {
        let reloads = contents.withLock(\.reloads)
        return [("done", reloads.done), ("refused", reloads.refused)]
    }

    /// - Parameter session: one of the catalogue; so there are not more entries than files.
    func minted(_ session: String, outcome: String, now: UInt64) {
        contents.withLock { $0.mints[session] = LastMint(outcome: outcome, nanoseconds: now) }
    }

    /// Why the service is not ready; empty when it is. Stable words, for programs.
    var reasons: [String] {
        contents.withLock { $0.isDraining ? ["draining"] : [] }
    }

    func lastMint(of session: String) -> LastMint? {
        contents.withLock { $0.mints[session] }
    }

    func isBroken(_ session: String) -> Bool {
        contents.withLock { $0.broken.contains(session) }
    }
}

/// The switch that stops all minting, for emergencies. All loops share it.
package final class MintingSwitch: Sendable {
    private let isOff: Atomic<Bool>

    /// As the setting `PAUSED` has it at the start.
    package init(isPaused: Bool = false) {
        isOff = Atomic(isPaused)
    }

    /// Whether no token is minted.
    package var isPaused: Bool {
        get { isOff.load(ordering: .relaxed) }
        set { isOff.store(newValue, ordering: .relaxed) }
    }
}
