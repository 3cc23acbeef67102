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
    /// Nil when no keys are fetched.
    private let keyClient: Client?
    private let keyFetching: KeyFetching
    private let callers: Authenticator

    init(
        on loop: EventLoop, listeningOn socket: consuming Descriptor, at address: ListeningAddress,
        _ common: CommonState
    ) throws(SystemError) {
        self.loop = loop
        self.address = address
        sessionNames = common.rules.sessions.sessions.map(\.name)
        let client = Client(for: common.settings, isSandbox: common.isSandbox, on: loop)
        self.client = client
        let keyClient = Client(forKeysOf: common.settings, on: loop)
        self.keyClient = keyClient
        let keyFetching = common.keyFetching(on: loop) { request async throws(TransferFailure) in
            guard let keyClient else { throw .cancelled }
            return try await keyClient.send(request)
        }
        self.keyFetching = keyFetching
        callers = common.rules.callers
        let service = common.service(on: loop, keyFetching, metrics: metrics) {
            request async throws(TransferFailure) in
            try await client.send(request)
        }
        let logger = common.logger
        server = try Server(
            on: loop, listeningOn: socket, settings: common.serverSettings,
            message: { logger.debug("libmicrohttpd: \($0)") },
            respond: { await service.respond(to: $0) })
    }

    /// Fetches what the first callers would wait for. On the loop's thread.
    func prepare() async {
        await callers.prepare(keyFetching)
    }

    /// Answers what is in flight and ends. On the loop's thread.
    func drain(timeout: Duration) async {
        await server.drain(timeout: timeout, lastAnswer: TokenService.lastAnswer)
        client.close()
        keyClient?.close()
    }
}
