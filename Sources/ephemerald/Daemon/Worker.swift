import Curl
import EphemeraldCore
import EventLoop
import HTTP
import Logging
import MicroHTTPD
import Sessions

/// What one event loop serves: a server, a client for the upstream, and the policy between them.
final class Worker: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop.
    let loop: EventLoop
    let metrics: LoopMetrics
    private let common: CommonState
    private let server: Server
    private let current: Current

    init(
        on loop: EventLoop, listeningOn socket: consuming Descriptor, under policy: Policy, _ common: CommonState
    ) throws(SystemError) {
        self.loop = loop
        self.common = common
        let metrics = LoopMetrics()
        self.metrics = metrics
        let current = Current(policy, common, metrics, on: loop)
        self.current = current
        let logger = common.logger
        server = try Server(
            on: loop, listeningOn: socket, settings: common.serverSettings,
            message: { logger.debug("libmicrohttpd: \($0)") },
            respond: { await current.service.respond(to: $0) })
    }

    /// Answers requests under this policy from now on; those under way end under theirs. On the loop's thread.
    func adopt(_ policy: Policy) {
        current.adopt(policy, common, metrics, on: loop)
    }

    /// Has clients go elsewhere with their next request. On the loop's thread.
    func leave() {
        server.leave()
    }

    /// Answers what is in flight and ends. On the loop's thread.
    func drain(timeout: Duration) async {
        await server.drain(timeout: timeout, lastAnswer: TokenService.lastAnswer)
        current.client.close()
    }
}

/// The policy of a worker, and the client that it mints with.
///
/// A request takes a copy of the service when it begins. A client that is replaced lives as long as its last request,
/// which holds it.
private final class Current: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of the worker's loop, and before it runs to whoever prepares it.
    private(set) var service: TokenService
    private(set) var client: Client
    private var settings: ClientSettings

    init(_ policy: Policy, _ common: CommonState, _ metrics: LoopMetrics, on loop: EventLoop) {
        let client = Client(policy.client, on: loop)
        self.client = client
        settings = policy.client
        service = Current.service(policy, common, metrics, client, on: loop)
    }

    func adopt(_ policy: Policy, _ common: CommonState, _ metrics: LoopMetrics, on loop: EventLoop) {
        // A new client has to open its connections anew. libcurl reads a bundle once, so a new one needs a new client.
        if policy.client != settings || policy.client.caFile != nil {
            client = Client(policy.client, on: loop)
            settings = policy.client
        }
        service = Current.service(policy, common, metrics, client, on: loop)
    }

    private static func service(
        _ policy: Policy, _ common: CommonState, _ metrics: LoopMetrics, _ client: Client, on loop: EventLoop
    ) -> TokenService {
        common.service(under: policy, on: loop, metrics: metrics) { request async throws(TransferFailure) in
            try await client.send(request)
        }
    }
}
