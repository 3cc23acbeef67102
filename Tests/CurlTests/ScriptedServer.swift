import EventLoop
import Glibc
import System
import TestTools

/// A server that does what a script says with each request, on a thread of its own; it knows no HTTP but where a
/// request ends.
final class ScriptedServer: Sendable {
    enum Step: Sendable {
        case send(String)
        case close
        /// An RST instead of a FIN.
        case reset
    }

    enum Event: Hashable, Sendable {
        case accepted
        /// One request, byte for byte.
        case request(String)
        /// The client's end of the connection.
        case ended
    }

    let port: UInt16
    /// What happened, in order.
    let events: AsyncStream<Event>
    private let thread: EventLoopThread

    var url: String { "http://127.0.0.1:\(port)" }

    init(_ script: @escaping @Sendable (_ request: String) -> [Step]) throws {
        let socket = try Loopback()
        port = socket.port
        let (events, log) = AsyncStream.makeStream(of: Event.self)
        self.events = events
        thread = try EventLoopThread(running: EventLoop(), name: "server")
        let listener = Listener(socket.descriptor, loop: thread.loop, script: script, log: log)
        thread.loop.submit { listener.start() }
    }

    /// Answers every request alike.
    convenience init(answering answer: String, then last: Step? = nil) throws {
        let steps = [.send(answer)] + (last.map { [$0] } ?? [])
        try self.init { _ in steps }
    }

    deinit {
        thread.loop.stop()
        thread.join()
    }

    /// The events up to the first that equals `last`, and that one.
    func events(until last: Event) async -> [Event] {
        var seen: [Event] = []
        for await event in events {
            seen.append(event)
            if event == last { break }
        }
        return seen
    }

    /// The events up to the first request that passes, and that one.
    func events(untilRequest isLast: (String) -> Bool) async -> [Event] {
        var seen: [Event] = []
        for await event in events {
            seen.append(event)
            if case .request(let text) = event, isLast(text) { break }
        }
        return seen
    }

    /// The next request, byte for byte.
    func nextRequest() async -> String? {
        for await event in events {
            if case .request(let text) = event { return text }
        }
        return nil
    }
}

/// The server's side that belongs to its thread.
private final class Listener: @unchecked Sendable {
    // Made by the test's thread, used by the server's alone.
    private let number: CInt
    private let loop: EventLoop
    private let script: @Sendable (String) -> [ScriptedServer.Step]
    private let log: AsyncStream<ScriptedServer.Event>.Continuation
    private var connections: [ObjectIdentifier: ScriptedConnection] = [:]

    init(
        _ descriptor: borrowing Descriptor, loop: EventLoop,
        script: @escaping @Sendable (String) -> [ScriptedServer.Step],
        log: AsyncStream<ScriptedServer.Event>.Continuation
    ) {
        number = fcntl(descriptor.number, F_DUPFD_CLOEXEC, 0)
        self.loop = loop
        self.script = script
        self.log = log
    }

    deinit {
        close(number)
    }

    func start() {
        do {
            // The watch, and with it the listener, lives as long as the loop.
            _ = try loop.watch(number, for: .readable) { _ in self.acceptOne() }
        } catch { preconditionFailure("\(error)") }
    }

    private func acceptOne() {
        let client = accept(number, nil, nil)
        guard client >= 0 else { return }
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        log.yield(.accepted)
        let connection = ScriptedConnection(client, script: script, log: log)
        connections[ObjectIdentifier(connection)] = connection
        connection.start(on: loop) { [self] in connections[ObjectIdentifier($0)] = nil }
    }
}
