import Curl
import EphemeraldCore
import EventLoop
import HTTP
import Redis

/// The policy of a worker, with the clients that connect it to the upstream and to the provider of keys.
///
/// A request keeps the service that it began with. A client that is replaced lives as long as its last request.
final class CurrentPolicy: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of the worker's loop, and before it runs to whoever prepares it.
    private(set) var service: TokenService
    private let loop: EventLoop
    private let common: CommonState
    private let metrics: LoopMetrics
    private var policy: Policy
    private var client: Curl.Client
    /// Nil when no keys are fetched.
    private var keyClient: Curl.Client?
    private var keyFetching: KeyFetching
    /// Nil where limits are counted in the memory of this process. A reload leaves it alone.
    private let redis: Redis.Client?

    /// - Parameter metrics: where the loop counts.
    init(_ policy: Policy, _ common: CommonState, _ metrics: LoopMetrics, on loop: EventLoop) {
        self.loop = loop
        self.common = common
        self.metrics = metrics
        self.policy = policy
        let client = Curl.Client(policy.client, on: loop)
        let keyClient = policy.keyClient.map { Curl.Client($0, on: loop) }
        self.client = client
        let redis = common.redisClient(on: loop)
        self.redis = redis
        self.keyClient = keyClient
        keyFetching = common.keyFetching(through: keyClient, on: loop)
        service = common.service(under: policy, on: loop, keyFetching, metrics: metrics, through: client, redis: redis)
    }

    /// On the loop's thread.
    func adopt(_ new: Policy) {
        // A new client has to open new connections. libcurl reads a bundle once, so a new one needs a new client.
        let areOtherAuthorities = new.authorities != policy.authorities
        if new.client != policy.client || areOtherAuthorities { client = Curl.Client(new.client, on: loop) }
        if new.keyClient != policy.keyClient || areOtherAuthorities {
            keyClient = new.keyClient.map { Curl.Client($0, on: loop) }
            keyFetching = common.keyFetching(through: keyClient, on: loop)
        }
        policy = new
        service = common.service(under: new, on: loop, keyFetching, metrics: metrics, through: client, redis: redis)
    }

    /// Fetches what the first callers would wait for. On the loop's thread.
    func prepare() async {
        await policy.rules.callers.prepare(keyFetching)
    }

    /// On the loop's thread.
    func close() {
        client.close()
        keyClient?.close()
        redis?.close()
    }
}
