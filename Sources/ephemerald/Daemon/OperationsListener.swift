import EphemeraldCore
import EventLoop
import HTTP
import MicroHTTPD
import System

/// The listener for operators, on a socket of its own, so that no proxy has to block the public from it.
final class OperationsListener: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop.
    private let server: Server
    private let address: ListeningAddress

    /// Listens. On the loop's thread, or before it runs.
    /// - Parameters:
    ///   - readiness: the answer with all details, at this moment; called on the loop's thread.
    ///   - families: all metrics, at this moment.
    ///   - calls: nil where none are created.
    ///   - denials: the deny-list.
    init(
        on loop: EventLoop, at address: ListeningAddress, socketMode: UInt32,
        readiness: @escaping @Sendable () -> Response,
        families: @escaping @Sendable () -> [MetricFamily], calls: CallKeeper?,
        denials: DenyOperations
    ) throws(SystemError) {
        var settings = ServerSettings()
        settings.maxConnections = 256
        settings.maxBody = 1_024
        self.address = address
        let name: String? = if case .tcp(let host, _) = address { host } else { nil }
        let service = OperationsService(
            name: name, readiness: readiness, families: families, calls: calls, denials: denials)
        server = try Server(on: loop, listeningOn: try address.listen(socketMode: socketMode), settings: settings) {
            service.reply(to: $0)
        }
    }

    /// Stops listening. On the loop's thread.
    func stop() async {
        address.removeSocketFile()
        await server.drain(timeout: .seconds(1), lastAnswer: { _ in Response(.serviceUnavailable) })
    }
}
