import Locking
import Synchronization

/// The state of the service over all loops: what decides readiness, and the results of the last mints.
package final class ServiceState: Sendable {
    /// The result of a mint.
    struct LastMint: Sendable {
        /// `ok`, or the code of the refusal.
        let outcome: String
        /// When it ended, on the monotonic clock.
        let nanoseconds: UInt64
    }

    private struct Contents: Sendable {
        var isDraining = false
        var broken: Set<String> = []
        var mints: [String: LastMint] = [:]
        var reloads = (done: 0, refused: 0)
        var isReloadRefused = false
    }

    private let contents = Locked(Contents())
    /// What fails at this moment.
    package let emergencies: Emergencies

    /// Not draining, nothing broken, nothing minted yet.
    package init(_ emergencies: Emergencies = Emergencies()) {
        self.emergencies = emergencies
    }

    /// The daemon shuts down: from now on it is not ready.
    package func beginDraining() {
        contents.withLock { $0.isDraining = true }
    }

    /// Records the result of reading the session files.
    /// - Parameters:
    ///   - names: all sessions in force; the results of others are forgotten.
    ///   - broken: the sessions whose file is wrong now, so that its previous contents are in force.
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
            contents.isReloadRefused = !isWhole
        }
    }

    /// The number of reloads that took effect, and of those that were refused.
    package var reloads: [(outcome: String, count: Int)] {
        let reloads = contents.withLock(\.reloads)
        return [("done", reloads.done), ("refused", reloads.refused)]
    }

    /// Whether the last reload was refused, so that the configuration in force is not that of the files.
    package var isReloadRefused: Bool { contents.withLock(\.isReloadRefused) }

    /// Records the result of a mint.
    /// - Parameter session: a session in the catalogue; so there are not more entries than files.
    func minted(_ session: String, outcome: String, now: UInt64) {
        contents.withLock { $0.mints[session] = LastMint(outcome: outcome, nanoseconds: now) }
    }

    /// Why the service is not ready, in codes for programs that do not change; empty when it is ready.
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

    /// - Parameter isPaused: the setting `PAUSED` at the start.
    package init(isPaused: Bool = false) {
        isOff = Atomic(isPaused)
    }

    /// Whether minting is paused.
    package var isPaused: Bool {
        get { isOff.load(ordering: .relaxed) }
        set { isOff.store(newValue, ordering: .relaxed) }
    }
}
