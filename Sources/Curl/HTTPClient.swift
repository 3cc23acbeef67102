package import EventLoop
package import HTTP

/// A client for HTTP that keeps its connections open: libcurl behind one `async` function, on an event loop.
///
/// Each loop has a client of its own, with connections of its own. The last reference to a client is to be given up on
/// the loop's thread, or when the loop does not run.
package final class HTTPClient: @unchecked Sendable {
    // `@unchecked`: everything but `loop` belongs to the loop's thread, or, before `run()`, to the code that prepares it.
    private let loop: EventLoop
    private let settings: HTTPClientSettings
    /// nil once closed.
    private var multi: Multi?
    private var idle: [Transfer] = []
    /// How many transfers, idle or under way, each lane has.
    private var lanes: [Int] = []
    private var underWay: [UInt64: Transfer] = [:]
    /// The lines of fields that requests have in common, each under the identity of what they were made of.
    private var sharedLines: [ObjectIdentifier: SharedLines] = [:]
    /// nil unless connections are kept open.
    private var openConnections: OpenConnections?
    /// Nil before the first transfer, and after the connections were closed.
    private var idleCheck: Timer?
    private var lastNumber: UInt64 = 0

    /// How many transfers wait to be used again; more are freed, so that a burst does not keep its memory for ever.
    private static let maxIdle = 64
    /// More than are ever open: there are never more than there were transfers at once in the last minute. With fewer, a
    /// transfer of a burst would close the connection that the next one needs.
    private static let maxConnections = 65_536
    /// How many lists of fields in common are kept.
    private static let maxShared = 8
    /// How many transfers share connections. libcurl searches a list of all connections that it may use, and each has
    /// memory of its own to look at: with one of 1,000 a transfer would take twice the time.
    private static let laneWidth = 8

    /// What libcurl says about its version and that of its TLS library: `libcurl/7.88.1 OpenSSL/3.0.17 …`.
    package static var version: String { Library.version }

    /// On the loop's thread, or before the loop runs. Ignores SIGPIPE in the whole process.
    /// - Throws: when libcurl does not know one of the options that it is narrowed with.
    package init(on loop: EventLoop, settings: HTTPClientSettings) throws(CurlError) {
        try Library.prepare()
        self.loop = loop
        self.settings = settings
        let multi = try makeMulti()
        self.multi = multi
        idle = [try makeTransfer(for: multi)]
    }

    private func makeMulti() throws(CurlError) -> Multi {
        unsafe try Multi(on: loop, maxConnections: HTTPClient.maxConnections) { [unowned self] context, code in
            let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            end(transfer.number) { $0.result(code) }
        }
    }

    /// Sends a request and waits for the whole answer, whatever its status. On the loop's thread.
    ///
    /// Redirects are answers like any other. libcurl sends again by itself in one case: a connection used before breaks
    /// with no byte of the answer received.
    /// - Throws: `.cancelled` as soon as the task is cancelled or the client is closed; the transfer is gone by then.
    package func send(_ request: OutboundRequest) async throws(TransferFailure) -> Response {
        precondition(loop.isCurrent, "a client belongs to the thread of its loop")
        // The transfer begins at once, so a cancellation that comes first must be seen first.
        if Task.isCancelled { throw .cancelled }
        lastNumber += 1
        let number = lastNumber
        return try await withTaskCancellationHandler {
            // Unsafe, because a checked continuation is an object of its own for each transfer.
            unsafe await withUnsafeContinuation { unsafe start(request, number: number, $0) }
        } onCancel: {
            // This comes after `start`, even when the task was cancelled before it. By number, because by then the
            // transfer may be busy with another exchange.
            loop.submit { self.end(number) { _ in .failure(.cancelled) } }
        }.get()
    }

    /// Opens a connection to the server of the URL, and keeps as many open as the requests of the last hour used at one
    /// time. On the loop's thread, or before the loop runs.
    package func keepOpen(to url: String) {
        openConnections = OpenConnections(to: url, on: loop) { [weak self] request in _ = try? await self?.send(request)
        }
    }

    /// Ends all transfers as `.cancelled` and closes all connections; what is sent from then on is `.cancelled` too.
    /// On the loop's thread.
    package func close() {
        precondition(loop.isCurrent, "a client belongs to the thread of its loop")
        openConnections = nil
        idleCheck?.cancel()
        for number in underWay.keys { end(number) { _ in .failure(.cancelled) } }
        idle = []
        multi = nil
    }

    /// Resumes the continuation once: here, or by `Transfer.end`, which comes once for each number.
    private func start(_ request: OutboundRequest, number: UInt64, _ continuation: Transfer.Continuation) {
        guard let multi else { return unsafe continuation.resume(returning: .failure(.cancelled)) }
        do {
            let transfer = try idle.popLast() ?? makeTransfer(for: multi)
            underWay[number] = transfer
            openConnections?.record(underWay: underWay.count)
            try transfer.prepare(request, number: number, shared: lines(of: request.common))
            unsafe transfer.begin(continuation)
            unsafe try multi.start(transfer.pointer)
            checkLater()
        } catch {
            if let transfer = underWay.removeValue(forKey: number) { lanes[transfer.lane] -= 1 }
            unsafe continuation.resume(returning: .failure(.cannotConnect("\(error)")))
        }
    }

    /// Closes all connections when the client is no longer used: libcurl looks for those that were idle for too long only
    /// when a transfer begins.
    private func checkLater() {
        guard idleCheck == nil else { return }
        let number = lastNumber
        idleCheck = loop.after(.seconds(settings.maxIdleSeconds)) { [weak self] in
            guard let self, multi != nil else { return }
            idleCheck = nil
            guard number == lastNumber, underWay.isEmpty, let fresh = try? makeMulti() else { return checkLater() }
            (idle, lanes) = ([], [])
            multi = fresh
        }
    }

    private func lines(of common: CommonFields?) throws(CurlError) -> SharedLines? {
        guard let common else { return nil }
        if let known = sharedLines[ObjectIdentifier(common)] { return known }
        // After a reload there are others.
        if sharedLines.count == HTTPClient.maxShared { sharedLines = [:] }
        let lines = try SharedLines(common, userAgent: settings.userAgent)
        sharedLines[ObjectIdentifier(common)] = lines
        return lines
    }

    /// A transfer in the first lane that has room.
    private func makeTransfer(for multi: Multi) throws(CurlError) -> Transfer {
        let lane = lanes.firstIndex { $0 < HTTPClient.laneWidth } ?? lanes.endIndex
        let transfer = try Transfer(settings, for: multi, lane: lane)
        if lane == lanes.endIndex { lanes.append(0) }
        lanes[lane] += 1
        return transfer
    }

    private func end(_ number: UInt64, _ result: (Transfer) -> Result<Response, TransferFailure>) {
        guard let transfer = underWay.removeValue(forKey: number) else { return }
        unsafe multi?.remove(transfer.pointer)
        do {
            try transfer.end(result(transfer))
            if idle.count < HTTPClient.maxIdle { return idle.append(transfer) }
        } catch {
            // A transfer that cannot be cleared is not used again; its caller has been resumed all the same.
        }
        lanes[transfer.lane] -= 1
    }
}

/// How an `HTTPClient` connects, and how much it accepts.
package struct HTTPClientSettings: Hashable, Sendable {
    /// The protocol of the connections.
    package enum HTTPVersion: Sendable {
        /// HTTP/1.1, one request at a time on each connection.
        case http1
        /// HTTP/2 where the server offers it during the TLS handshake, else HTTP/1.1.
        case http2
    }

    /// How long name lookup, connection and TLS handshake may take together. Default 3 s.
    package var connectTimeout: Duration = .seconds(3)
    /// A PEM file with the certificates that are trusted. Default nil: the system's bundle.
    package var caFile: String?
    /// Default HTTP/1.1: libcurl 7.88.1 fails some HTTP/2 transfers that are answered early, and takes longer for each.
    package var httpVersion: HTTPVersion = .http1
    /// Whether `http://` is sent as well. For a loopback upstream only: keys would travel in the clear. Default false.
    package var allowsPlainHTTP = false
    /// The longest body of an answer. Default 256 KiB.
    package var maxBodyBytes = 262_144
    /// The URL of a proxy. Default nil: none, whatever `https_proxy` and its relatives in the environment say.
    package var proxy: String?
    /// A connection unused for longer is not used again; to be below the upstream's own limit. Default 60 s.
    package var maxIdleSeconds = 60
    /// The `User-Agent` of requests that bring none themselves.
    package var userAgent = "ephemerald"

    /// The default of each member.
    package init() {}
}
