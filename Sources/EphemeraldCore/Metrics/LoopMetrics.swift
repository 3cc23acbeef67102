import HTTP
import Locking

/// The counts of one loop. Only a scrape contends with the loop for the lock.
package final class LoopMetrics: Sendable {
    private let counts = Locked(MetricCounts())
    /// The spans that wait to be sent; nil when none are.
    package let spans: SpanBuffer?

    /// All counts are 0.
    /// - Parameter spans: takes a span of each request that is sampled; nil for none.
    package init(spans: SpanBuffer? = nil) {
        self.spans = spans
    }

    /// The counts at this moment.
    package var current: MetricCounts { counts.withLock { $0 } }

    func record(
        _ request: AnsweredRequest, nanoseconds: UInt64, refusal: Refusal?, session: String?, isCall: Bool
    ) {
        counts.withLock {
            $0.record(request, nanoseconds: nanoseconds, refusal: refusal, session: session, isCall: isCall)
        }
    }

    /// - Parameter key: the key that has served a token or a call.
    func record(servedBy key: KeyPrint) {
        counts.withLock { $0.record(servedBy: key) }
    }

    /// The same connection to the upstream, with every exchange counted and timed.
    package func measuring(_ send: @escaping Minter.Send, in surroundings: Surroundings) -> Minter.Send {
        { request async throws(TransferFailure) in
            let began = surroundings.monotonicNanoseconds()
            let outcome: String
            let result: Result<Response, TransferFailure>
            do throws(TransferFailure) {
                let response = try await send(request)
                outcome = String(response.status.rawValue)
                result = .success(response)
            } catch {
                outcome = error.code
                result = .failure(error)
            }
            let time = surroundings.monotonicNanoseconds() - began
            self.counts.withLock { $0.recordExchange(outcome: outcome, nanoseconds: time) }
            return try result.get()
        }
    }
}
