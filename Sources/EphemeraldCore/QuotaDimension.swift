/// What a quota counts by.
package enum QuotaDimension: String, Hashable, Sendable, CaseIterable {
    /// Who the client has proved to be.
    case caller
    /// The session that is asked for.
    case session
    /// Everybody together.
    case all

    /// A sentence for the client whose request is refused.
    package var detail: String {
        switch self {
        case .caller: "This caller has used up the tokens of today."
        case .session: "The tokens of this session are used up for today."
        case .all: "The tokens of this service are used up for today."
        }
    }
}
