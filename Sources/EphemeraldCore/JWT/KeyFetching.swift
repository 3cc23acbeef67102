/// What fetching keys needs of the loop on which it happens, and whom it tells.
package struct KeyFetching: Sendable {
    /// What an operator should hear of.
    package enum Remark: Hashable, Sendable {
        /// There are new keys.
        case fetched(String)
        /// There are none; it says why, and what holds until there are.
        case failed(String)
    }

    let surroundings: Surroundings
    let send: Minter.Send
    let remark: @Sendable (Remark) -> Void

    package init(
        surroundings: Surroundings, send: @escaping Minter.Send, remark: @escaping @Sendable (Remark) -> Void
    ) {
        self.surroundings = surroundings
        self.send = send
        self.remark = remark
    }
}
