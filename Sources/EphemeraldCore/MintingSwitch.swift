import Synchronization

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
