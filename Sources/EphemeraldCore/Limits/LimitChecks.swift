/// The limits that one request has to pass: eight at most, stored inline. A limit that is off is not among them and
/// costs nothing.
package struct LimitChecks: Sendable {
    /// The most that one request has to pass.
    package static let capacity = 8

    private var checks: InlineArray<8, LimitCheck?> = InlineArray(repeating: nil)
    /// How many are in force.
    package private(set) var count = 0

    /// None: every request passes.
    package init() {}

    /// Adds a limit. The order decides which of two equally close limits an answer names.
    package mutating func append(_ check: LimitCheck) {
        precondition(count < LimitChecks.capacity, "a request has to pass eight limits at most")
        checks[count] = check
        count += 1
    }

    subscript(index: Int) -> LimitCheck? { checks[index] }
}

/// One limit that a request has to pass, and whom it counts.
package final class LimitCheck: Sendable {
    /// The limit.
    package let rule: LimitRule
    /// Whom it counts.
    package let identity: LimitIdentity
    /// The key in the table; never 0, which marks an empty entry.
    let key: UInt64

    /// The key is SipHash under a key of this process (`Hasher`), so that nobody can choose identities that collide.
    package init(_ rule: LimitRule, _ identity: LimitIdentity) {
        self.rule = rule
        self.identity = identity
        var hasher = Hasher()
        hasher.combine(rule.dimensionHash)
        hasher.combine(identity)
        key = max(1, UInt64(bitPattern: Int64(hasher.finalize())))
    }
}

extension LimitCheck: Hashable, CustomStringConvertible {
    /// The limit, and whom it counts.
    package var description: String { "\(rule) of \(identity)" }

    /// Whether the limit is the same and counts the same.
    package static func == (left: LimitCheck, right: LimitCheck) -> Bool {
        left === right || left.rule == right.rule && left.identity == right.identity
    }

    /// Hashes the limit and whom it counts.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(rule)
        hasher.combine(key)
    }
}

/// Whom a limit counts.
package struct LimitIdentity: Hashable, Sendable {
    /// What tells one from another within a dimension.
    package enum Subject: Hashable, Sendable {
        /// A client, by `ClientAddress.limitKey`.
        case client(UInt128)
        /// A caller, or a session.
        case name(String)
        /// An origin; nil for requests without one, which count together.
        case origin(String?)
        /// All requests together.
        case everybody
    }

    /// Who is counted.
    package let subject: Subject
    /// The session that the limit belongs to; nil for a limit of the settings.
    package let session: String?

    /// Without a session it belongs to a limit of the settings.
    package init(_ subject: Subject, of session: String? = nil) {
        self.subject = subject
        self.session = session
    }
}

extension LimitIdentity: CustomStringConvertible {
    /// No two identities have the same: what may hold any character comes last, and a session's name holds no colon.
    package var description: String {
        let subject =
            switch subject {
            case .client(let bits): "client:\(bits)"
            case .name(let name): "name:\(name)"
            case .origin(nil): "none"
            case .origin(let origin?): "origin:\(origin)"
            case .everybody: "everybody"
            }
        return session.map { "of:\($0):\(subject)" } ?? subject
    }
}
