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
    let sessionNames: [String]
    private let server: Server
    private let client: Client

    init(
        on loop: EventLoop, listeningOn socket: consuming Descriptor, _ common: CommonState
    ) throws(SystemError) {
        self.loop = loop
        sessionNames = common.rules.sessions.sessions.map(\.name)
        let client = Client(for: common.settings, isSandbox: common.isSandbox, on: loop)
        self.client = client
        let service = common.service(on: loop) { request async throws(TransferFailure) in
            try await client.send(request)
        }
        let logger = common.logger
        server = try Server(
            on: loop, listeningOn: socket, settings: common.serverSettings,
            message: { logger.debug("libmicrohttpd: \($0)") },
            respond: { await service.respond(to: $0) })
    }

    /// Has clients go elsewhere with their next request. On the loop's thread.
    func leave() {
        server.leave()
    }

    /// Answers what is in flight and ends. On the loop's thread.
    func drain(timeout: Duration) async {
        await server.drain(timeout: timeout, lastAnswer: TokenService.lastAnswer)
        client.close()
    }
}
