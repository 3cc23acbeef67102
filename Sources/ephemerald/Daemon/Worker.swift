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
    let address: ListeningAddress
    let sessionNames: [String]
    let metrics = LoopMetrics()
    private let server: Server
    private let client: Client

    init(
        on loop: EventLoop, listeningOn socket: consuming Descriptor, at address: ListeningAddress,
        _ common: CommonState
    ) throws(SystemError) {
        self.loop = loop
        self.address = address
        sessionNames = common.rules.sessions.sessions.map(\.name)
        let client = Client(for: common.settings, isSandbox: common.isSandbox, on: loop)
        self.client = client
        let service = common.service(on: loop, metrics: metrics) { request async throws(TransferFailure) in
            try await client.send(request)
        }
        let logger = common.logger
        server = try Server(
            on: loop, listeningOn: socket, settings: common.serverSettings,
            message: { logger.debug("libmicrohttpd: \($0)") },
            respond: { await service.respond(to: $0) })
    }

    /// Answers what is in flight and ends. On the loop's thread.
    func drain(timeout: Duration) async {
        await server.drain(timeout: timeout, lastAnswer: TokenService.lastAnswer)
        client.close()
    }
}
