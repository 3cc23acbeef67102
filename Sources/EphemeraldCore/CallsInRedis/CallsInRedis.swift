/// Calls in a Redis that several daemons share, as the routes of one loop use them.
///
/// While Redis is away no call is created, whatever is done about tokens, and only the maker of a call can end it.
package struct CallsInRedis: CallStore {
    package let keeper: CallKeeper
    private let calls: SharedCalls
    private let peers: CallPeers
    private let surroundings: Surroundings
    private let report: @Sendable (RedisCountsFailure?) -> Void

    /// - Parameters:
    ///   - calls: through the client of the loop.
    ///   - peers: those of the keeper.
    ///   - report: gets the result of each admission: why Redis did not decide; nil when it did.
    package init(
        _ keeper: CallKeeper, in calls: SharedCalls, peers: CallPeers, surroundings: Surroundings,
        report: @escaping @Sendable (RedisCountsFailure?) -> Void
    ) {
        self.keeper = keeper
        self.calls = calls
        self.peers = peers
        self.surroundings = surroundings
        self.report = report
    }

    package func admit(
        _ name: CallName, _ plan: CallPlan, _ claim: AdmissionClaim, within maxima: CallMaxima
    ) -> Step<CallAdmission> {
        .later {
            do throws(RedisCountsFailure) {
                let admission = try await calls.admit(name, plan, claim, within: maxima)
                report(nil)
                return .success(admission)
            } catch {
                report(error)
                return .failure(.limitsUnavailable)
            }
        }
    }

    package func undo(_ name: CallName, _ plan: CallPlan, _ taken: QuotaReceipt, isLost: Bool) {
        calls.undo(name, plan, taken.checks, isLost: isLost)
    }

    package func open(
        _ name: CallName, _ plan: CallPlan, _ taken: QuotaReceipt, upstreamID: String, upstreamHost: String,
        key: KeyPrint
    ) async -> CallRecord? {
        let now = surroundings.monotonicNanoseconds()
        var plan = plan
        plan.day = taken.day
        let record = CallRecord(
            name: name, plan: plan, upstreamID: upstreamID, upstreamHost: upstreamHost, key: key, openedAt: now)
        let call = SharedCall(record, taken: taken)
        peers.add(call)
        var isRecorded = false
        do throws(RedisCountsFailure) {
            isRecorded = try await calls.open(call, now: now)
        } catch {
            report(error)
        }
        keeper.take(record)
        if isRecorded { return record }
        keeper.end(name, .unrecorded)
        return nil
    }

    package func renew(_ name: CallName, _ binding: CallBinding) -> Step<CallRenewal> {
        .later {
            let renewal: CallRenewal
            do throws(RedisCountsFailure) {
                renewal = try await calls.renew(name, binding)
            } catch {
                return .failure(.limitsUnavailable)
            }
            switch renewal {
            case .ended: return .success(renewal)
            case .renewed:
                _ = keeper.renew(name, binding)
                return .success(renewal)
            // What Redis forgot is its maker's.
            case .unknown: return .success(keeper.renew(name, binding))
            }
        }
    }

    package func end(_ name: CallName) -> Step<Bool> {
        if keeper.end(name, .client) || peers.isEnding(name) { return .now(true) }
        return .later {
            let claim: CallClaim
            do throws(RedisCountsFailure) {
                claim = try await calls.claim(name, .client, now: surroundings.monotonicNanoseconds())
            } catch {
                return .failure(.limitsUnavailable)
            }
            switch claim {
            case .claimed(let call, let reason, let isGivenUp):
                peers.end(call, reason, isGivenUp: isGivenUp)
                return .success(true)
            case .wait, .ended: return .success(true)
            case .unknown: return .success(false)
            }
        }
    }
}
