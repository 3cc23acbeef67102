import EphemeraldCore
import EventLoop
import HTTP
import Logging
import MicroHTTPD
import System

/// What one event loop serves: a server, and the policy by which it answers.
final class Worker: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop.
    let loop: EventLoop
    let metrics: LoopMetrics
    private let server: Server
    private let current: CurrentPolicy

    init(
        on loop: EventLoop, listeningOn socket: consuming Descriptor, under policy: Policy, _ common: CommonState
    ) throws(SystemError) {
        self.loop = loop
        let metrics = LoopMetrics()
        self.metrics = metrics
        let current = CurrentPolicy(policy, common, metrics, on: loop)
        self.current = current
        let logger = common.logger
        server = try Server(
            on: loop, listeningOn: socket, settings: common.serverSettings,
            message: { logger.debug("libmicrohttpd: \($0)") },
            respond: { await current.service.respond(to: $0) })
    }

    /// Fetches what the first callers would wait for. On the loop's thread.
    func prepare() async {
        await current.prepare()
    }

    /// Answers requests under this policy from now on; those under way end under theirs. On the loop's thread.
    func adopt(_ policy: Policy) {
        current.adopt(policy)
    }

    /// Whether the service takes requests, with all details. On the loop's thread.
    func detailedReadiness() -> Response {
        current.service.detailedReadiness()
    }

    /// Has clients go elsewhere with their next request. On the loop's thread.
    func leave() {
        server.leave()
    }

    /// Answers what is in flight and ends. On the loop's thread.
    func drain(timeout: Duration) async {
        await server.drain(timeout: timeout, lastAnswer: { [current] in current.service.lastAnswer(to: $0) })
        current.close()
    }
}
