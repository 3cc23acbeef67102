/// Whom a limit counts.
package struct LimitIdentity: Hashable, Sendable {
    /// What one is told from another by, within a dimension.
    package enum Subject: Hashable, Sendable {
        /// `ClientAddress.limitKey`
        case client(UInt128)
        /// A caller, or a session.
        case name(String)
        /// nil for requests without one, which count as one.
        case origin(String?)
        /// All requests together.
        case everybody
    }

    /// Who is counted.
    package let subject: Subject
    /// The session that the limit belongs to; nil for a limit of the settings.
    package let session: String?

    /// Of the settings' own limit when no session is given.
    package init(_ subject: Subject, of session: String? = nil) {
        self.subject = subject
        self.session = session
    }
}

extension LimitIdentity: CustomStringConvertible {
    /// No two identities have the same: what may hold any character stands last, and a session's name holds no colon.
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
