extension CallKeeper {
    /// What the keeper needs from the program around it. It calls all of them without its lock.
    package struct Outlets: Sendable {
        /// Arranges a call of ``CallKeeper/act()`` at that time, in nanoseconds on the monotonic clock, or earlier.
        package var wake: @Sendable (UInt64) -> Void
        /// Starts a task on the loop that ends calls.
        package var start: @Sendable (@escaping @Sendable () async -> Void) -> Void
        /// Tries once to end a call at the upstream.
        package var end: @Sendable (CallRecord) async -> EndVerdict
        /// Writes the account of a call that is over and gives its money back.
        package var settle: @Sendable (CallSettlement) -> Void
        /// Writes a usage line about a call; false when it cannot be written.
        package var record: @Sendable ([UInt8]) -> Bool
        /// Whether the last usage line, of whatever kind, could be written.
        package var canRecord: @Sendable () -> Bool = { true }
        /// How usage lines name callers.
        package var names: @Sendable () -> LogNames = { .full }
        /// Reports a call in Redis that this daemon cannot read.
        package var reportUnreadable: @Sendable (CallName) -> Void = { _ in }
        /// What bounds the calls that are being ended at once.
        package var places = EndingPlaces()

        /// From five closures.
        package init(
            wake: @escaping @Sendable (UInt64) -> Void,
            start: @escaping @Sendable (@escaping @Sendable () async -> Void) -> Void,
            end: @escaping @Sendable (CallRecord) async -> EndVerdict,
            settle: @escaping @Sendable (CallSettlement) -> Void, record: @escaping @Sendable ([UInt8]) -> Bool
        ) {
            self.wake = wake
            self.start = start
            self.end = end
            self.settle = settle
            self.record = record
        }
    }
}
