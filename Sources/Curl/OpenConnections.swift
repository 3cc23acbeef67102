import EventLoop
import HTTP

/// Connections to one server that are open before a request needs them. A new one takes three round trips and more.
///
/// The first is opened at once. From then on as many are kept open as were in use at one time in the last hour. libcurl
/// opens a connection only for a request, so each is used for an `OPTIONS` without a key before it is too old to be used.
final class OpenConnections: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop, or, before `run()`, to the code that prepares it.
    typealias Send = @Sendable (OutboundRequest) async -> Void

    /// The most that are kept open.
    private static let limit = 16
    /// An hour, in periods.
    private static let memory = 80
    /// Below `HTTPClientSettings.maxIdleSeconds`.
    private static let period: Duration = .seconds(45)

    private let url: String
    private let loop: EventLoop
    private let send: Send
    /// The most exchanges under way at one time, in each period of the last hour.
    private var demands: [Int] = []
    private var demand = 0
    private var ownRequests = 0

    /// - Parameter send: sends a request, on the loop's thread.
    init(to url: String, on loop: EventLoop, send: @escaping Send) {
        self.url = url
        self.loop = loop
        self.send = send
        useEach()
    }

    /// - Parameter underWay: exchanges under way, including those that keep connections open.
    func record(underWay: Int) {
        demand = max(demand, underWay - ownRequests)
    }

    private func useEach() {
        demands.append(demand)
        if demands.count > OpenConnections.memory { demands.removeFirst() }
        demand = 0
        let count = min(max(1, demands.max() ?? 1), OpenConnections.limit)
        // All at one time, so that each has a connection of its own.
        for _ in 0..<count { Task(executorPreference: loop) { await self.use() } }
        _ = loop.after(OpenConnections.period) { [weak self] in self?.useEach() }
    }

    private func use() async {
        ownRequests += 1
        await send(OutboundRequest(method: .options, url: url, responseFields: [], timeout: .seconds(10)))
        ownRequests -= 1
    }
}
