import EphemeraldCore
import EventLoop
import HTTP
import Logging
import MicroHTTPD
import Settings
import System

/// A server on one event loop, and the service that answers its requests.
final class Worker: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop.
    let loop: EventLoop
    let metrics: LoopMetrics
    private let server: Server
    private let current: CurrentService

    init(
        on loop: EventLoop, listeningOn socket: consuming Descriptor, under settings: WorkerSettings,
        _ common: CommonState
    ) throws(SystemError) {
        self.loop = loop
        let spans = common.telemetry.flatMap { telemetry in
            telemetry.settings.sampler.map {
                SpanBuffer(sampler: $0, in: telemetry.resource.traces(version: Version.number))
            }
        }
        let metrics = LoopMetrics(spans: spans)
        self.metrics = metrics
        let current = CurrentService(settings, common, metrics, on: loop)
        self.current = current
        let logger = common.logger
        server = try Server(
            on: loop, listeningOn: socket, settings: common.serverSettings,
            message: { logger.debug("libmicrohttpd: \($0)") },
            reply: { current.service.reply(to: $0) },
            swept: { common.upstreamState.noticeSilence(now: Surroundings.monotonicNanoseconds()) })
    }

    /// Fetches what the first callers would wait for. On the loop's thread.
    func prepare() async {
        await current.prepare()
    }

    /// Answers requests by these settings from now on; those in progress keep theirs. On the loop's thread.
    func adopt(_ settings: WorkerSettings) {
        current.adopt(settings)
    }

    /// The readiness of the service, with details. On the loop's thread.
    func detailedReadiness() -> Response {
        current.service.detailedReadiness()
    }

    /// Makes clients send their next request to another process. On the loop's thread.
    func leave() {
        server.leave()
    }

    /// Answers the requests in progress. On the loop's thread.
    func drain(timeout: Duration) async {
        await server.drain(timeout: timeout, lastAnswer: { [current] in current.service.lastAnswer(to: $0) })
    }

    /// Closes the connections to other servers. On the loop's thread.
    func close() {
        current.close()
    }
}
