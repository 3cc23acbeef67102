import Curl
import EphemeraldCore
import EventLoop
import HTTP
import Redis

/// The service of a worker, with the clients that connect it to the upstream and to the provider of keys.
///
/// A request keeps the service that it began with. A client that is replaced lives as long as its last request.
final class CurrentService: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of the worker's loop, and before the loop runs to the thread that makes it.
    private(set) var service: TokenService
    private let loop: EventLoop
    private let common: CommonState
    private let metrics: LoopMetrics
    private var settings: WorkerSettings
    private var client: HTTPClient
    /// Nil when no keys are fetched.
    private var keyClient: HTTPClient?
    private var keyFetching: KeyFetching
    /// Nil where limits are counted in the memory of this process. A reload leaves it alone.
    private let redis: RedisClient?

    /// - Parameter metrics: where the loop counts.
    init(_ settings: WorkerSettings, _ common: CommonState, _ metrics: LoopMetrics, on loop: EventLoop) {
        self.loop = loop
        self.common = common
        self.metrics = metrics
        self.settings = settings
        let client = HTTPClient(settings.client, on: loop)
        let keyClient = settings.keyClient.map { HTTPClient($0, on: loop) }
        self.client = client
        let redis = common.redisClient(on: loop)
        self.redis = redis
        if let redis, common.callWork.isOn(loop) {
            common.callWork.share(in: redis, with: common.peers)
            common.watchSpending(in: redis)
            common.denials.share(in: redis)
        }
        self.keyClient = keyClient
        keyFetching = common.keyFetching(through: keyClient, on: loop)
        service = common.service(
            under: settings, on: loop, keyFetching, metrics: metrics, through: client, redis: redis)
        keepConnectionsOpen()
    }

    /// Not to an upstream without TLS: it is on this machine.
    private func keepConnectionsOpen() {
        let url = settings.upstream.baseURL
        if url.hasPrefix("https:") { client.keepOpen(to: url) }
    }

    /// On the loop's thread.
    func adopt(_ new: WorkerSettings) {
        // A new client has to open new connections. libcurl reads a bundle once, so a new one needs a new client.
        let areOtherAuthorities = new.authorities != settings.authorities
        let isOtherClient = new.client != settings.client || areOtherAuthorities
        if isOtherClient { client = HTTPClient(new.client, on: loop) }
        if new.keyClient != settings.keyClient || areOtherAuthorities {
            keyClient = new.keyClient.map { HTTPClient($0, on: loop) }
            keyFetching = common.keyFetching(through: keyClient, on: loop)
        }
        let isOtherUpstream = new.upstream.baseURL != settings.upstream.baseURL
        settings = new
        if isOtherUpstream || isOtherClient { keepConnectionsOpen() }
        service = common.service(under: new, on: loop, keyFetching, metrics: metrics, through: client, redis: redis)
    }

    /// Fetches what the first callers would wait for. On the loop's thread.
    func prepare() async {
        await settings.rules.callers.prepare(keyFetching)
    }

    /// On the loop's thread.
    func close() {
        client.close()
        keyClient?.close()
        redis?.close()
    }
}
