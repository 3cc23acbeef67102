import Curl
import EventLoop
import TestTools

/// A stream, and what came of it. Belongs to the thread of its loop.
final class StreamRecord: @unchecked Sendable {
    private(set) var received: [UInt8] = []
    private(set) var failure: StreamFailure?
    private var stream: Curl.Stream?
    private let news = AsyncStream.makeStream(of: Void.self)
    /// What the stream does at each arrival, besides.
    var onReceive: (Curl.Stream) -> Void = { _ in }

    init(_ target: StreamTarget, over streams: Streams, _ first: String...) throws(StreamFailure) {
        stream = try streams.open(
            target,
            onReceive: { [unowned self] bytes in
                unsafe received.append(contentsOf: bytes.withUnsafeBytes { unsafe Array($0) })
                if let stream { onReceive(stream) }
                news.continuation.yield()
            },
            onEnd: { [unowned self] in
                precondition(failure == nil, "an end comes once")
                failure = $0
                news.continuation.yield()
            })
        for text in first { send(text) }
    }

    var text: String { String(decoding: received, as: UTF8.self) }

    var unsentCount: Int { stream?.unsentCount ?? 0 }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) { stream?.send(bytes) }

    func close() { stream?.close() }

    /// Waits until so many bytes are there, or the stream has ended.
    func wait(for count: Int) async {
        for await _ in news.stream where received.count >= count || failure != nil { return }
    }

    /// Waits for the end.
    func ended() async -> StreamFailure? {
        await wait(for: .max)
        return failure
    }
}

/// Runs `body` with the streams of a loop with a thread of its own.
func withStreams<Value: Sendable>(
    _ body: @escaping @Sendable (Streams) async throws -> Value
) async throws -> Value {
    try await onLoop { loop in try await body(try Streams(on: loop)) }
}

extension StreamPeer {
    /// The way to it: for TLS under the name `localhost`, with the test's authority.
    func target(_ transport: Transport, host: String = "localhost") -> StreamTarget {
        guard transport != .unix else { return StreamTarget(.unix(path: path)) }
        var target = StreamTarget(.tcp(host: host, port: port))
        target.connectTimeout = .seconds(20)
        if case .tls = transport {
            target.tls = StreamTarget.TLS()
            target.tls?.caFile = authority.path("ca.pem")
        }
        return target
    }
}
