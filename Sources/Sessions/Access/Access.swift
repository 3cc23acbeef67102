package import HTTP

/// The member `access` of a session file: who may use the session, how often, and what a request may change in it.
package struct Access: Sendable {
    /// The origins that may use the session, among those that the service admits; nil for all of them.
    package internal(set) var origins: [OriginPattern]?
    /// The limits that differ from the settings.
    package internal(set) var limits = Limits()
    /// Whether client secrets are minted for the session.
    package internal(set) var offersTokens = true
    /// The limits of calls that this service creates; nil when it creates none of this session.
    package internal(set) var call: CallLimits? = CallLimits()
    /// What a minute of the session costs; nil when the file does not say.
    package internal(set) var price: Price?
    /// What a request may change.
    var overrides: [OverrideRule] = []
    /// What a request must supply, by the name of the variable.
    var variables = VariableTable<String, TextLimit>()

    /// Limits of one session, each with its own scope; nil leaves the setting in force.
    package struct Limits: Hashable, Sendable {
        /// Limit for one address, or for the first 64 bits of an IPv6 address.
        package internal(set) var client: Limit?
        /// Limit for one authenticated caller.
        package internal(set) var caller: Limit?
        /// Limit for one origin.
        package internal(set) var origin: Limit?
        /// Limit for all requests for this session.
        package internal(set) var session: Limit?
        /// Limit for all requests for this session, instead of the one that the settings put on all sessions together.
        package internal(set) var all: Limit?

        /// The limits of the settings.
        package init() {}
    }

    /// A limit in a session file.
    package enum Limit: Hashable, Sendable {
        /// `"off"`: no limit, whatever the settings say.
        case off
        /// A limit that replaces the setting.
        case rate(RateLimit)
    }
}

/// The limits of the calls of one session.
package struct CallLimits: Hashable, Sendable {
    /// How long a call may last. The service ends it then.
    package internal(set) var maximumSeconds = 1800
    /// How long a call lives without a renewal by its page; 0 for calls without a lease.
    package internal(set) var leaseSeconds = 60
    /// The most calls of this session at once; nil for no maximum of its own.
    package internal(set) var maximumOpen: Int?

    /// Half an hour, with a lease of a minute.
    package init() {}
}

/// The variables that a file declares, in their order. Finding a variable takes the same time however many there are.
package struct VariableTable<Name: Hashable & Sendable, Rule: Sendable>: Sendable {
    private var names: [Name] = []
    private var rules: [Name: Rule] = [:]

    /// No variables.
    package init() {}

    /// Whether no variable is declared.
    package var isEmpty: Bool { names.isEmpty }

    /// Declares a variable; a name must not be declared twice.
    package mutating func declare(_ name: Name, _ rule: Rule) {
        names.append(name)
        rules[name] = rule
    }

    /// The rule of that variable; nil when it is not declared.
    package func rule(of name: Name) -> Rule? { rules[name] }

    /// Compares the declarations with the places in the instructions.
    /// - Returns: the names that are used and not declared, each once, and those that are declared and not used.
    package func compare(withUsed used: [Name]) -> (undeclared: [Name], unused: [Name]) {
        var seen: Set<Name> = []
        let distinct = used.filter { seen.insert($0).inserted }
        return (distinct.filter { rules[$0] == nil }, names.filter { !seen.contains($0) })
    }

    /// Calls `body` for each variable in order, with its rule.
    package func forEach<Failure: Error>(_ body: (Name, Rule) throws(Failure) -> Void) throws(Failure) {
        for name in names {
            if let rule = rules[name] { try body(name, rule) }
        }
    }
}
