import EphemeraldCore

extension LimitReached {
    /// For the operator, once a window.
    func words(_ telling: LimitNotices.Telling) -> String {
        let rest = isLogged ? "the usage log has the refusals" : "the usage log has the number of further refusals"
        let first =
            isFull
            ? "\(kind): there is no place left to count newcomers in, so they are refused until midnight in UTC"
            : "\(kind): \(who) has reached \(policy); \(rest)"
        return telling.untold == 0 ? first : "\(first), and \(telling.untold) more of others since the last such line"
    }
}
