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
    private let watch: HourWatch

    /// Listens. On the loop's thread, or before it runs.
    /// - Parameters:
    ///   - readiness: the answer with all details, at this moment; called on the loop's thread.
    ///   - families: all metrics, at this moment.
    ///   - calls: nil where none are created.
    ///   - counted: the metrics that the operator's page shows, at this moment.
    ///   - status: the state as JSON, from the last hour and the answer about readiness.
    ///   - denials: the deny-list.
    init(
        on loop: EventLoop, at address: ListeningAddress, socketMode: UInt32,
        readiness: @escaping @Sendable () -> Response,
        families: @escaping @Sendable () -> [MetricFamily], calls: CallKeeper?,
        counted: @escaping @Sendable () -> [MetricFamily],
        status: @escaping @Sendable (RecentHour, Response) -> [UInt8], denials: DenyOperations
    ) throws(SystemError) {
        var settings = ServerSettings()
        settings.maxConnections = 256
        settings.maxBody = 1_024
        self.address = address
        let name: String? = if case .tcp(let host, _) = address { host } else { nil }
        let watch = HourWatch(on: loop, families: counted)
        self.watch = watch
        let page = OperatorPage { status(watch.hour, readiness()) }
        let service = OperationsService(
            name: name, readiness: readiness, families: families, calls: calls, page: page, denials: denials)
        server = try Server(on: loop, listeningOn: try address.listen(socketMode: socketMode), settings: settings) {
            service.reply(to: $0)
        }
    }

    /// Stops listening. On the loop's thread.
    func stop() async {
        watch.stop()
        address.removeSocketFile()
        await server.drain(timeout: .seconds(1), lastAnswer: { _ in Response(.serviceUnavailable) })
    }
}
