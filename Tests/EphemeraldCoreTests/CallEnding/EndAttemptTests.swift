import EphemeraldCore
import HTTP
import Testing

/// An answer with an error code, in the shape of OpenAI's.
func refusal(_ status: Int, _ code: String? = nil) -> Response {
    let body = code.map { #"{"error":{"message":"m","type":"t","param":null,"code":"\#($0)"}}"# } ?? "<html>"
    return Response(Status(rawValue: status), body: Array(body.utf8))
}

/// What an upstream may answer to each step.
private enum Answer: CustomStringConvertible {
    case closed(Int?)
    case refused(Response)
    case failed

    var description: String {
        switch self {
        case .closed(let seconds): "closed after \(seconds.map(String.init) ?? "?")"
        case .refused(let response): "\(response.status.rawValue) \(String(decoding: response.body, as: UTF8.self))"
        case .failed: "failed"
        }
    }
}

@Suite struct `An attempt to end a call` {
    /// Answers each step in turn.
    private func run(
        _ type: CallType, believing belief: Belief = .everything, _ answers: [Answer]
    ) throws -> (verdict: EndVerdict, steps: [EndAttempt.Step]) {
        var attempt = EndAttempt(type, believing: belief)
        var steps: [EndAttempt.Step] = []
        for answer in answers {
            steps.append(attempt.step)
            switch (attempt.step, answer) {
            case (.attach, .closed(let seconds)):
                let usage = seconds.map { #"{"seconds":\#($0)}"# } ?? "null"
                let event = SessionClosed(Array(#"{"type":"session.closed","usage":\#(usage)}"#.utf8))
                attempt.attached(.closed(try #require(event)))
            case (.attach, .refused(let response)): attempt.attached(.refused(response))
            case (.attach, .failed): attempt.attached(.failed("it took too long"))
            case (.hangUp, .refused(let response)): attempt.hungUp(response)
            case (.hangUp, .failed): attempt.hungUp(TransferFailure.timedOut)
            default: Issue.record("\(attempt.step) cannot have the answer \(answer)")
            }
        }
        guard case .finished(let verdict) = attempt.step else {
            Issue.record("the next step is \(attempt.step)")
            return (.unsure(""), steps)
        }
        return (verdict, steps)
    }

    @Test(arguments: [
        (Response(.ok), true), (refusal(404, "call_id_not_found"), true), (refusal(400, "call_id_not_found"), true),
        (refusal(404), false), (refusal(404, "unknown_url"), false), (refusal(410, "call_id_not_found"), false),
        (refusal(500, "server_error"), false), (refusal(401, "invalid_api_key"), false), (refusal(202), false),
        (refusal(204), false),
    ])
    func `of Realtime posts the hang-up, once`(answer: Response, isOver: Bool) throws {
        let (verdict, steps) = try run(.realtime, [.refused(answer)])
        #expect(steps == [.hangUp])
        let reason = "the hang-up was answered with status \(answer.status.rawValue)"
        #expect(verdict == (isOver ? .over(reportedSeconds: nil) : .unsure(reason)))
    }

    @Test func `of Realtime is unsure when the hang-up is not answered`() throws {
        let (verdict, _) = try run(.realtime, [.failed])
        #expect(verdict == .unsure("the hang-up failed: the server did not answer in time"))
    }

    @Test func `by another key believes a hang-up, and not that the call is not found`() throws {
        #expect(
            try run(.realtime, believing: .confirmation, [.refused(Response(.ok))]).verdict
                == .over(reportedSeconds: nil))
        let notFound = Answer.refused(refusal(404, "call_id_not_found"))
        guard case .unsure = try run(.realtime, believing: .confirmation, [notFound]).verdict else {
            throw Wrong()
        }
        let gone = Answer.refused(refusal(404, "session_id_not_found"))
        guard case .unsure = try run(.live, believing: .confirmation, [gone, gone, gone]).verdict else { throw Wrong() }
        // The hang-up of a session that the upstream knew.
        let known = Answer.refused(Response(.ok))
        #expect(try run(.live, believing: .confirmation, [gone, known, gone]).verdict == .over(reportedSeconds: nil))
    }

    @Test func `at another upstream believes nothing`() throws {
        let answers = [Answer.closed(7), .refused(Response(.ok)), .closed(8)]
        guard case .unsure = try run(.live, believing: .nothing, answers).verdict,
            case .unsure = try run(.realtime, believing: .nothing, [.refused(Response(.ok))]).verdict
        else { throw Wrong() }
    }

    @Test func `of Live closes the session over its sideband, and keeps its seconds`() throws {
        for seconds in [42, nil] {
            let (verdict, steps) = try run(.live, [.closed(seconds)])
            #expect(verdict == .over(reportedSeconds: seconds))
            #expect(steps == [.attach(for: .seconds(15))])
        }
    }

    @Test func `of Live is over when the creator's key does not find the session`() throws {
        let gone = Answer.refused(refusal(404, "session_id_not_found"))
        #expect(try run(.live, [gone]).verdict == .over(reportedSeconds: nil))
        #expect(try run(.live, [.failed, gone]).verdict == .over(reportedSeconds: nil))
        #expect(try run(.live, [.failed, .refused(Response(.ok)), gone]).verdict == .over(reportedSeconds: nil))
    }

    @Test(arguments: [Answer.failed, .refused(refusal(500)), .refused(refusal(404)), .refused(refusal(401))])
    private func `of Live hangs up when the sideband does not help, and attaches again`(first: Answer) throws {
        let steps: [EndAttempt.Step] = [.attach(for: .seconds(15)), .hangUp, .attach(for: EndAttempt.shortTime)]
        for hangUp in [Answer.failed, .refused(Response(.ok)), .refused(refusal(500)), .refused(refusal(404))] {
            let again = try run(.live, [first, hangUp, .closed(7)])
            #expect(again.steps == steps)
            #expect(again.verdict == .over(reportedSeconds: 7))
            guard case .unsure(let reason) = try run(.live, [first, hangUp, .failed]).verdict else { throw Wrong() }
            #expect(reason.hasPrefix("the sideband failed: it took too long; before, the hang-up "))
        }
    }

    @Test func `takes less than half a minute, connections of four seconds included`() {
        #expect(EndAttempt.drainTime + EndAttempt.shortTime * 2 + .seconds(8) < .seconds(30))
    }

    private struct Wrong: Error {}
}
