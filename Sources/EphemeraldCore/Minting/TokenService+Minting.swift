import HTTP
import Sessions

/// The last step of a request for a client secret: the upstream is called.
extension TokenService {
    /// What is left of an admitted request for a client secret.
    final class Mint: Sendable {
        let body: [UInt8]
        let offered: OfferedSession
        let caller: Caller?
        let admitted: Admitted

        init(body: [UInt8], offered: OfferedSession, caller: Caller?, admitted: Admitted) {
            self.body = body
            self.offered = offered
            self.caller = caller
            self.admitted = admitted
        }
    }

    /// The last step: calls the upstream. What comes before and after waiting is not inlined here, so that the memory of
    /// the task holds none of it.
    func finish(_ mint: Mint, _ context: RequestContext) async throws(Refusal) -> Response {
        do throws(MintFailure) {
            return answer(mint, with: try await loop.minter.complete(begin(mint, context)), context)
        } catch {
            throw refusal(of: mint, after: error, context)
        }
    }

    @inline(never)
    private func begin(_ mint: Mint, _ context: RequestContext) throws(MintFailure) -> Minter.Mint {
        context.attempt = MintAttempt(server: loop.minter.server)
        return try loop.minter.begin(
            mint.body, for: mint.offered.session, requestID: context.id,
            safetyIdentifier: rules.safety.identifier(of: mint.caller, at: context.client), trace: context.trace,
            client: context.request.socket)
    }

    @inline(never)
    private func answer(_ mint: Mint, with secret: ClientSecret, _ context: RequestContext) -> Response {
        context.attempt = MintAttempt(server: loop.minter.server, secret: secret, key: secret.key)
        context.spent = mint.admitted.taken.money
        count(mint, outcome: "ok")
        loop.metrics.record(servedBy: secret.key.print)
        var fields = mint.admitted.fields
        fields.append("Content-Type", "application/json")
        return Response(.ok, fields: fields, body: TokenAnswer.body(secret, for: mint.offered))
    }

    @inline(never)
    private func refusal(of mint: Mint, after failure: MintFailure, _ context: RequestContext) -> Refusal {
        context.attempt = MintAttempt(server: loop.minter.server, report: failure.report, key: failure.key)
        count(mint, outcome: failure.refusal.code)
        common.admission.giveBack(mint.admitted.taken)
        return failure.refusal
    }

    private func count(_ mint: Mint, outcome: String) {
        let now = loop.surroundings.monotonicNanoseconds()
        common.state.minted(mint.offered.session.name, outcome: outcome, now: now)
    }
}
