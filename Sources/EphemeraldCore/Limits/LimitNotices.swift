import Sessions
import Text

/// Decides which refusals by a limit, a quota or a maximum of calls are logged for the operator: the first of each window,
/// and of many clients at once a few.
///
/// It has neither clock nor lock, and only refusals cost time here. A client with a million addresses fills the places of
/// one limit and no more; how many clients had no line is said in the next line.
package struct LimitNotices: Sendable {
    private struct Place {
        let key: UInt64
        let until: UInt64
    }

    private struct Kind {
        let limit: LimitReached.Kind
        var places: [Place] = []
        /// Refusals of clients without a place since the last line.
        var unlogged = 0
    }

    /// How many clients of one limit are logged within a window.
    package static let places = 16
    /// A limit by the second would be logged each second.
    private static let shortestWindow = Duration.seconds(60)

    /// Fifteen at most, so a search is faster than a hash.
    private var kinds: [Kind] = []

    /// Nothing has been logged.
    package init() {}

    /// The message for the operator; nil when this refusal is not logged.
    /// - Parameters:
    ///   - client: the address that the refused request came from.
    ///   - names: how the client and the caller are named.
    ///   - now: nanoseconds on a monotonic clock.
    package mutating func notice(
        _ reached: LimitReached, of client: ClientAddress, naming names: LogNames = .full, now: UInt64
    ) -> String? {
        let (key, limit) = (reached.noticeKey, reached.kind)
        let index = kinds.firstIndex { $0.limit == limit } ?? kinds.endIndex
        if index == kinds.endIndex { kinds.append(Kind(limit: limit)) }
        // Most refusals of a busy client end here, before a message is made.
        if kinds[index].places.contains(where: { $0.key == key && $0.until > now }) { return nil }
        kinds[index].places.removeAll { $0.until <= now }
        guard kinds[index].places.count < LimitNotices.places else {
            kinds[index].unlogged += 1
            return nil
        }
        let window = max(reached.window, LimitNotices.shortestWindow)
        kinds[index].places.append(Place(key: key, until: now + window.nanoseconds))
        let (message, unlogged) = (reached.message(about: client, naming: names), kinds[index].unlogged)
        kinds[index].unlogged = 0
        return unlogged == 0 ? message : "\(message); \(unlogged) more refusals of others since the last such line"
    }
}

extension LimitReached {
    /// Refusals of one kind share their places.
    fileprivate enum Kind: Hashable {
        case limit(LimitDimension)
        case refusals
        case quota(QuotaDimension)
        case calls(CallDimension)

        /// `limit`, `quota` or `calls`, and what it counts by.
        var name: String {
            switch self {
            case .limit(let dimension): "limit \(dimension.rawValue)"
            case .refusals: "limit refusals"
            case .quota(let dimension): "quota \(dimension.rawValue)"
            case .calls(let dimension): "calls \(dimension.rawValue)"
            }
        }
    }

    fileprivate var kind: Kind {
        switch limit {
        case .rate(let check): .limit(check.rule.dimension)
        case .refusals: .refusals
        case .quota(let check): .quota(check.dimension)
        case .calls(let reached): .calls(reached.dimension)
        }
    }

    /// How long a refusal is not logged again.
    fileprivate var window: Duration {
        switch limit {
        case .rate(let check), .refusals(let check): check.rule.limit.window
        case .quota: wait
        // Somebody who is refused again and again is not named each minute.
        case .calls: .seconds(600)
        }
    }

    /// What tells those whom the limit counts apart: all addresses of one /64 are one client.
    fileprivate var noticeKey: UInt64 {
        // A full table is logged once, not for each of those that it has no room for.
        if isFull { return 0 }
        switch limit {
        case .rate(let check), .refusals(let check): return check.key
        case .quota(let check): return UInt64(bitPattern: Int64(check.identity.hashValue))
        case .calls(let reached): return reached.key
        }
    }

    fileprivate func message(about client: ClientAddress, naming names: LogNames) -> String {
        let client = names.name(of: client) ?? "a client"
        return switch limit {
        case .rate where isFull: "\(kind.name): the table is full, so newcomers are refused until an entry is free"
        case .refusals where isFull:
            "\(kind.name): the table is full, so refusals of newcomers are not in the usage log, which has only their number"
        case .quota where isFull: "\(kind.name): the table is full, so newcomers are refused until midnight UTC"
        case .rate(let check):
            "\(kind.name): \(check.name(client, names)) has reached \(check.rule.limit); the usage log has the refusals"
        case .refusals(let check):
            "\(kind.name): \(client) has reached \(check.rule.limit); the usage log has the number of further refusals"
        case .quota(let check):
            "\(kind.name): \(check.name(names)) has reached \(check.allowanceText) a day; "
                + "the usage log has the refusals"
        case .calls(let reached):
            "\(kind.name): \(reached.who(client, names)) has reached \(reached.maximum) open calls; the usage log has the refusals"
        }
    }
}

extension CallsReached {
    /// Whose calls are counted, for the operator.
    /// - Parameter client: as usage lines name it.
    fileprivate func who(_ client: String, _ names: LogNames) -> String {
        switch dimension {
        case .client: client
        case .caller: name.flatMap { names.logged(account: $0)?.loggable(256) } ?? "a caller"
        case .session: name?.loggable(256) ?? ""
        case .all: "everybody"
        }
    }
}

extension QuotaCheck {
    /// Whom a quota counts, for the operator. A caller's name is the one in usage lines.
    fileprivate func name(_ names: LogNames) -> String {
        switch dimension {
        case .caller, .spendCaller: names.logged(account: identity) ?? "a caller"
        case .session: identity
        case .all, .spendAll: "everybody"
        }
    }

    /// A number of tokens, or an amount of money.
    fileprivate var allowanceText: String {
        dimension.isMoney ? "\(Money(micros: Int64(allowance)))" : "\(allowance)"
    }
}

extension LimitCheck {
    /// Whom a limit counts, for the operator.
    /// - Parameter client: the name of the client.
    fileprivate func name(_ client: String, _ names: LogNames) -> String {
        switch identity.subject {
        case .client: client
        case .name(let name) where rule.dimension == .caller:
            names.name(ofCaller: name.loggable(256)) ?? "a caller"
        case .name(let name): name.loggable(256)
        case .origin(let origin): origin ?? "no origin"
        case .everybody: "everybody"
        }
    }
}
