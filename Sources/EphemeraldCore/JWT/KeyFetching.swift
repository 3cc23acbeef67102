/// What fetching keys needs of the loop on which it happens, and whom it tells.
package struct KeyFetching: Sendable {
    /// What an operator should hear of.
    package enum Remark: Hashable, Sendable {
        /// Keys were fetched, and replace those before; it says how many, and what was left out.
        case fetched(String)
        /// They cannot be fetched or read; it says why, and what holds until they can: the old ones, or 503.
        case failed(String)
    }

    let surroundings: Surroundings
    let send: Minter.Send
    let remark: @Sendable (Remark) -> Void

    /// - Parameters:
    ///   - surroundings: their clocks; the wall clock for the times in tokens.
    ///   - send: to the address of the keys, which is not the upstream's.
    ///   - remark: called behind every exchange, on the loop that asked.
    package init(
        surroundings: Surroundings, send: @escaping Minter.Send, remark: @escaping @Sendable (Remark) -> Void
    ) {
        self.surroundings = surroundings
        self.send = send
        self.remark = remark
    }
}
