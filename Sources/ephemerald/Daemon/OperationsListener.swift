import EphemeraldCore
import EventLoop
import HTTP
import MicroHTTPD

/// The listener for those who operate the daemon, on a socket of its own, so that no proxy has to keep the public away
/// from it.
final class OperationsListener: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop.
    private let server: Server
    private let address: ListeningAddress

    /// Listens. On the loop's thread, or before it runs.
    init(
        on loop: EventLoop, at address: ListeningAddress, families: @escaping @Sendable () -> [MetricFamily]
    ) throws(SystemError) {
        var settings = ServerSettings()
        settings.maxConnections = 256
        settings.maxBody = 1_024
        self.address = address
        let service = OperationsService(families: families)
        server = try Server(on: loop, listeningOn: try address.listen(), settings: settings) {
            service.respond(to: $0)
        }
    }

    /// Ends it. On the loop's thread.
    func stop() async {
        address.removeSocketFile()
        await server.drain(timeout: .seconds(1), lastAnswer: { _ in Response(.serviceUnavailable) })
    }
}
