/// How many calls may be open at once; nil for no maximum.
package struct CallMaxima: Hashable, Sendable {
    /// Of all callers together.
    package var all: Int?
    /// Of one caller.
    package var caller: Int?
    /// Of one client address.
    package var client: Int?
    /// Of one session.
    package var session: Int?

    /// All of them off, except those that are given.
    package init(all: Int? = nil, caller: Int? = nil, client: Int? = nil, session: Int? = nil) {
        self.all = all
        self.caller = caller
        self.client = client
        self.session = session
    }
}

/// What calls are counted by.
package enum CallDimension: String, Hashable, Sendable, CaseIterable {
    /// Who the client has proved to be.
    case caller
    /// The client's address: IPv4 whole, IPv6 by /64.
    case client
    /// The session.
    case session
    /// All calls together.
    case all

    /// A sentence for the client whose request is refused.
    package var detail: String {
        switch self {
        case .caller: "This caller has too many open calls."
        case .client: "This client has too many open calls."
        case .session: "This session has too many open calls."
        case .all: "The service has too many open calls."
        }
    }
}

/// A maximum of open calls that is reached.
package struct CallsReached: Hashable, Sendable {
    /// What it counts by.
    package let dimension: CallDimension
    /// How many calls there may be.
    package let maximum: Int
    /// The caller or the session; nil for a client and for everybody.
    let name: String?
    /// What tells those whom it counts apart.
    let key: UInt64

    /// Nil for a dimension without a maximum, or without a value in the plan.
    package init?(_ dimension: CallDimension, by plan: CallPlan, within maxima: CallMaxima) {
        guard let maximum = maxima[dimension], let key = dimension.key(in: plan) else { return nil }
        self.dimension = dimension
        self.maximum = maximum
        self.key = key
        name =
            switch dimension {
            case .caller: plan.caller
            case .session: plan.session
            case .client, .all: nil
            }
    }
}

/// The slots that are taken: how many calls are being created, open or ending, by dimension. Every call has a slot in
/// each dimension that it has a value for, even if the dimension has no maximum, so that the counts are right when a
/// reload adds one.
struct CallSlots: Sendable {
    private var counts: [UInt64: Int] = [:]

    /// The first dimension that has no free slot for a call of this plan.
    func full(for plan: CallPlan, _ maxima: CallMaxima) -> CallDimension? {
        CallDimension.allCases.first { dimension in
            guard let maximum = maxima[dimension], let key = dimension.key(in: plan) else { return false }
            return counts[key, default: 0] >= maximum
        }
    }

    mutating func take(_ plan: CallPlan) {
        for key in CallDimension.allCases.compactMap({ $0.key(in: plan) }) { counts[key, default: 0] += 1 }
    }

    mutating func giveBack(_ plan: CallPlan) {
        for key in CallDimension.allCases.compactMap({ $0.key(in: plan) }) {
            let left = counts[key, default: 0] - 1
            precondition(left >= 0, "a slot is given back once")
            // Names that have no call leave nothing behind.
            counts[key] = left == 0 ? nil : left
        }
    }
}

extension CallDimension {
    /// SipHash under a key of this process, so that nobody can choose names that collide; nil for a plan that has no
    /// value in this dimension.
    func key(in plan: CallPlan) -> UInt64? {
        var hasher = Hasher()
        hasher.combine(self)
        switch self {
        case .caller:
            guard let caller = plan.caller else { return nil }
            hasher.combine(caller)
        case .client:
            guard let client = plan.client else { return nil }
            hasher.combine(client)
        case .session: hasher.combine(plan.session)
        case .all: break
        }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

extension CallMaxima {
    subscript(dimension: CallDimension) -> Int? {
        switch dimension {
        case .caller: caller
        case .client: client
        case .session: session
        case .all: all
        }
    }
}
