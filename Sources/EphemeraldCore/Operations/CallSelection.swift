import Text

/// The calls that an operator selects, as the request that ends them names them.
package enum CallSelection: Hashable, Sendable {
    /// One call, by its name.
    case call(CallName)
    /// Those of a caller, by the name in the usage log.
    case caller(String)
    /// Those of a session.
    case session(String)
    /// All of them.
    case all

    /// Reads a query of exactly one parameter: `caller=NAME`, `session=NAME` or `all=true`. Names are percent-encoded
    /// (RFC 3986 section 2.1), and `+` is a plus. Nil for anything else, so that a mistake ends no call.
    init?(query: Substring) {
        let parts = query.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        // An ampersand begins another parameter.
        guard parts.count == 2, !parts[1].contains("&"), let value = PercentEncoding.text(of: parts[1]), !value.isEmpty
        else { return nil }
        switch parts[0] {
        case "caller": self = .caller(value)
        case "session": self = .session(value)
        case "all" where value == "true": self = .all
        default: return nil
        }
    }

    /// The target of the request that ends these calls.
    package var target: String {
        switch self {
        case .call(let name): "\(CallOperations.path)/\(name)"
        case .caller(let name): "\(CallOperations.path)?caller=\(PercentEncoding.encoded(name))"
        case .session(let name): "\(CallOperations.path)?session=\(PercentEncoding.encoded(name))"
        case .all: "\(CallOperations.path)?all=true"
        }
    }

    /// - Parameter names: how usage lines name callers. A caller has their calls under that name, and may be selected by
    ///   their own.
    func includes(_ call: CallListing, naming names: LogNames = .full) -> Bool {
        switch self {
        case .call(let name): call.record.name == name
        case .caller(let name):
            call.record.plan.caller.map { $0.hasSameBytes(as: name) || $0 == names.account(named: name) } ?? false
        case .session(let name): call.record.plan.session.hasSameBytes(as: name)
        case .all: true
        }
    }
}
