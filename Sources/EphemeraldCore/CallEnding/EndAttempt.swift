package import HTTP

/// One attempt to end a call upstream with one key: what is to be done next, and what the answers mean. It has neither
/// socket nor clock; its owner does the steps and reports their results.
///
/// A Realtime call is ended by a hang-up. A Live session is over when its sideband says `session.closed`: a hang-up is
/// documented for telephone calls only, so it is the second choice, and its answer proves nothing.
package struct EndAttempt: Hashable, Sendable {
    /// What its owner does next.
    package enum Step: Hashable, Sendable {
        /// Attach to the sideband, send `session.close`, and read to `session.closed`, for so long.
        case attach(for: Duration)
        /// Post the hang-up.
        case hangUp
        /// Nothing more.
        case finished(EndVerdict)
    }

    /// How long a session may drain after `session.close`. With a backend at work, 8 s were too short.
    package static let drainTime: Duration = .seconds(15)
    /// How long a hang-up may take, and how long the sideband is read after it. With the default connect timeout a whole
    /// attempt takes less than the 30 s for which one process keeps the end of a call to itself.
    package static let shortTime: Duration = .seconds(3)

    private let type: CallType
    private var belief: Belief
    /// The result of the hang-up of a Live session; nil before it.
    private var hangUpReason: String?
    /// The next step.
    package private(set) var step: Step
    /// Whether the upstream refused the key: it may be revoked, and another may do.
    private(set) var isKeyRefused = false
    /// Whether the last answer said that there is no such call, which was not believed.
    private(set) var isNotFound = false

    /// - Parameter belief: what the answers are believed.
    package init(_ type: CallType, believing belief: Belief) {
        self.type = type
        self.belief = belief
        step = type == .live ? .attach(for: EndAttempt.drainTime) : .hangUp
    }

    /// The sideband has ended.
    package mutating func attached(_ outcome: SidebandOutcome) {
        switch outcome {
        case .closed where belief == .nothing: goOn("another upstream closed its session")
        case .closed(let event): step = .finished(.over(reportedSeconds: event.seconds))
        case .refused(let response) where isOver(response, endsWithOK: false):
            step = .finished(.over(reportedSeconds: nil))
        case .refused(let response): goOn("the sideband was refused with status \(response.status.rawValue)")
        case .failed(let reason):
            isNotFound = false
            goOn("the sideband failed: \(reason)")
        }
    }

    /// The hang-up was answered.
    package mutating func hungUp(_ response: Response) {
        if isOver(response, endsWithOK: type == .realtime) {
            step = .finished(.over(reportedSeconds: nil))
        } else {
            // The upstream knew the session, so that now "not found" says that it is over.
            if response.status == .ok, belief == .confirmation { belief = .everything }
            lookAgain("the hang-up was answered with status \(response.status.rawValue)")
        }
    }

    /// The hang-up was not answered.
    package mutating func hungUp(_ failure: TransferFailure) {
        isNotFound = false
        lookAgain("the hang-up failed: \(failure)")
    }

    private mutating func isOver(_ response: Response, endsWithOK: Bool) -> Bool {
        isKeyRefused = response.status == .unauthorized || response.status == .forbidden
        let verdict = HangUpVerdict(response, believing: belief, endsWithOK: endsWithOK)
        isNotFound = verdict == .notFound
        return verdict == .over
    }

    /// The first sideband is followed by a hang-up. After the second one, nobody knows whether the session is over.
    private mutating func goOn(_ reason: String) {
        step = hangUpReason.map { .finished(.unsure("\(reason); before, \($0)")) } ?? .hangUp
    }

    private mutating func lookAgain(_ reason: String) {
        hangUpReason = reason
        step = type == .live ? .attach(for: EndAttempt.shortTime) : .finished(.unsure(reason))
    }
}

/// The result of an attempt to end a call.
package enum EndVerdict: Hashable, Sendable {
    /// The upstream confirmed that the call is over.
    /// - Parameter reportedSeconds: how long it lasted, if the upstream reported it.
    case over(reportedSeconds: Int?)
    /// The call may still be open. The reason is a clause for an operator, without any text of the upstream's.
    case unsure(String)
    /// The upstream does not know the call, and it is too young for that to mean that it is over: its media may not be
    /// connected. Nothing is wrong, and the attempt is repeated.
    case notYet
}

/// The result of a sideband that was opened to end a session.
package enum SidebandOutcome: Hashable, Sendable {
    /// The session is over.
    case closed(SessionClosed)
    /// The upstream did not accept the connection, but answered.
    case refused(Response)
    /// There was no connection, it broke, or the event did not come in time. The reason is a clause for an operator.
    case failed(String)
}
