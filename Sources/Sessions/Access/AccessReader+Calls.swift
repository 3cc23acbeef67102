import JSON

/// The members of `access` about calls that the service creates, and about what a session costs.
extension AccessReader {
    static func callMembers(for kind: SessionKind) -> [Shape.Member] {
        let call = Shape.object([
            .optional("max_seconds", .integer(60...(kind.longestCallSeconds ?? Int.max))),
            .optional("lease_seconds", .integer(0...300)), .optional("max_open", .integer(1...Int.max)),
        ])
        return [
            .optional("token", .boolean), .optional("call", .either([.boolean, call])),
            .optional("price_per_minute", .number(prices)),
        ]
    }

    /// In units of the operator's currency.
    private static let prices = 0...Double(Price.largest.micros / 1_000_000)

    /// - Returns: whether client secrets are minted for this session.
    mutating func readToken(_ token: JSON?) -> Bool {
        guard kind.mintPath == nil else { return token != .bool(false) }
        if token == .bool(true) {
            refuse("access.token", "must be false, or be left out: a \(kind) session has no client secrets")
        }
        return false
    }

    /// - Returns: nil when the service creates no calls of this session.
    mutating func readCall(_ call: JSON?) -> CallLimits? {
        guard kind.longestCallSeconds != nil else {
            if let call, call != .bool(false) {
                let message = "must be false, or be left out: the service creates no calls of a \(kind) session"
                refuse("access.call", message)
            }
            return nil
        }
        if call == .bool(false) { return nil }
        if call == .bool(true) { refuse("access.call", "must be false or an object; leave it out for the defaults") }
        var limits = CallLimits()
        if let seconds = call?["max_seconds"]?.numberValue?.integer { limits.maximumSeconds = seconds }
        if let seconds = call?["lease_seconds"]?.numberValue?.integer { limits.leaseSeconds = seconds }
        if (1...9).contains(limits.leaseSeconds) {
            let message = "must be 10 to 300, or 0 for calls without a lease, is \(limits.leaseSeconds)"
            refuse("access.call.lease_seconds", message)
        }
        limits.maximumOpen = call?["max_open"]?.numberValue?.integer
        return limits
    }

    /// Checks what the settings about money need: a price, and a word on tokens, whose worst case is not certain.
    mutating func checkPrice(_ access: JSON?) {
        if access?["price_per_minute"] == nil {
            refuse(
                "access.price_per_minute",
                "is required while SPEND_ALL or SPEND_CALLER is set: what a minute costs, as in 0.05")
        }
        if self.access.offersTokens, access?["token"] == nil {
            refuse(
                "access.token",
                "is not given: a token counts as one session of 60 minutes, which is the most that it costs only while "
                    + "OpenAI refuses to use it twice; false is the sure way, and true hides this warning", .warning)
        }
    }

    /// Warns about requests that are always refused, because their worst case is more than the money of a whole day.
    mutating func compareCosts(with money: Money) {
        guard let price = access.price else { return }
        let allowed = "more than a whole day's SPEND_ALL or SPEND_CALLER (\(money))"
        if access.offersTokens, price.worstCaseOfToken > money {
            let cost = "a token counts as 60 minutes, which cost \(price.worstCaseOfToken)"
            refuse("access.price_per_minute", "\(cost), \(allowed): every token is refused", .warning)
        }
        // A number beyond the shape has been refused.
        guard let seconds = access.call?.maximumSeconds, (0...(kind.longestCallSeconds ?? 0)).contains(seconds) else {
            return
        }
        if rules.createsCalls, price.worstCase(ofSeconds: seconds) > money {
            let cost = "a call of \(seconds) seconds can cost \(price.worstCase(ofSeconds: seconds))"
            refuse("access.call.max_seconds", "\(cost), \(allowed): every call is refused", .warning)
        }
    }

    /// Reads a number that the shape has judged already; nil when it is refused.
    mutating func readPrice(_ number: JSONNumber) -> Price? {
        if let price = Money(number.spelling).flatMap({ Price(perMinute: $0) }) { return price }
        if AccessReader.prices.contains(number.double) {
            let message = "must be a decimal with at most six places, as in 0.05, is \(number.spelling)"
            refuse("access.price_per_minute", message)
        }
        return nil
    }
}
