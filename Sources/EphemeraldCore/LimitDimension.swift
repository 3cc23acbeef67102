/// What a limit counts by.
package enum LimitDimension: String, Hashable, Sendable, CaseIterable {
    /// The client's address: IPv4 whole, IPv6 by /64.
    case client
    /// Who the client has proved to be.
    case caller
    /// The page's origin.
    case origin
    /// The session that is asked for.
    case session
    /// Everybody together.
    case all

    /// A sentence for the client whose request is refused.
    package var detail: String {
        switch self {
        case .client: "This client has sent too many requests."
        case .caller: "This caller has sent too many requests."
        case .origin: "The pages of this origin have sent too many requests."
        case .session: "This session has been asked for too often."
        case .all: "The service has received too many requests."
        }
    }
}
