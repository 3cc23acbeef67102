/// What goes wrong with the sandbox on demand, for trying out what a service in front of it does.
package enum Fault: Hashable, Sendable {
    /// Nobody listens at the address.
    case refuse
    /// The connection is reset in the middle of the answer.
    case reset
    /// What comes back is not HTTP.
    case garbage
    /// The head of the answer comes one byte a second.
    case slowHeaders
    /// No answer for a minute.
    case late
    /// 200 with a body that is not JSON.
    case notJSON
    /// 200 with a body of 5 MB.
    case huge
    /// 429 `insufficient_quota`: the account is empty.
    case quota
    /// An error of that status, in OpenAI's words for it; 429 comes with `Retry-After: 7`.
    case status(Int)

    /// The names of `--sandbox-fault`.
    package static let names = [
        "refuse", "reset", "garbage", "slow-headers", "late", "not-json", "huge", "quota", "400 to 599",
    ]

    /// - Parameter name: one of `names`, or a status such as `500`.
    package init?(_ name: String) {
        switch name {
        case "refuse": self = .refuse
        case "reset": self = .reset
        case "garbage": self = .garbage
        case "slow-headers": self = .slowHeaders
        case "late": self = .late
        case "not-json": self = .notJSON
        case "huge": self = .huge
        case "quota": self = .quota
        default:
            guard let status = Int(name), (400...599).contains(status) else { return nil }
            self = .status(status)
        }
    }
}
