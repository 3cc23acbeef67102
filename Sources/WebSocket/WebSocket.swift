package import Curl
import EventLoop
package import HTTP

/// A WebSocket (RFC 6455) to a server, on the side of the client, over a `Curl.Stream`. It offers no extensions.
///
/// It lives until it ends or is closed, even when nothing refers to it. It belongs to the thread of its loop.
package final class WebSocket: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop, all of it.
    private enum State {
        case opening(UpgradeAnswer)
        case open
        /// Our last frame is sent. What still comes is dropped, until the server closes the connection: closed by us,
        /// it would be reset if bytes are unread, and the server might lose that frame.
        case leaving
        case ended
    }

    /// What its owner learns.
    package struct Events {
        /// Called once when messages can be sent.
        package var open: (WebSocket) -> Void = { _ in }
        /// Called for every message that is not dropped, in order.
        package var receive: (WebSocket, WebSocketMessage) -> Void = { _, _ in }
        /// Called once when the WebSocket ends for another reason than `close`; never from `init` or `send`.
        package var end: (WebSocketFailure) -> Void = { _ in }

        /// Events that nobody learns of.
        package init() {}
    }

    /// How long the server may take to close the connection after the last frame.
    private static let patience: Duration = .seconds(1)

    private let limits: WebSocketLimits
    private let loop: EventLoop
    private var state: State
    private let codec: FrameCodec
    /// Nil once ended.
    private var stream: Curl.Stream?
    /// Nil once ended or closed.
    private var events: Events?
    private var timer: Timer?
    private var receivedCount = 0

    /// Begins to connect, and returns at once.
    /// - Throws: what makes the target impossible.
    package init(
        to target: WebSocketTarget, limits: WebSocketLimits, over streams: Streams, events: Events
    ) throws(WebSocketFailure) {
        let key = UpgradeKey()
        self.limits = limits
        self.events = events
        loop = streams.loop
        state = .opening(UpgradeAnswer(to: key))
        codec = FrameCodec(limits)
        do throws(StreamFailure) {
            // The stream keeps `self` until it ends.
            stream = try streams.open(target.stream, onReceive: { [self] in receive($0) }, onEnd: { [self] in end($0) })
        } catch {
            throw .noConnection(error)
        }
        stream?.send(target.request(key))
        setTimer(limits.openTimeout) { $0.fail(.timedOut, code: nil) }
    }

    /// Sends a message; does nothing before the WebSocket is open and after its end.
    package func send(_ message: WebSocketMessage) {
        guard case .open = state else { return }
        codec.send(message)
        flush()
    }

    /// Sends a close frame and leaves the rest to the server, for a second at most. No event comes any more.
    /// - Parameters:
    ///   - code: 1000 to 4999 as in RFC 6455 section 7.4.
    ///   - reason: at most 123 bytes.
    package func close(code: UInt16 = 1000, reason: String = "") {
        events = nil
        guard case .open = state else { return abandon() }
        codec.close(code: code, reason: reason)
        flush()
        leave()
    }

    private func receive(_ bytes: RawSpan) {
        switch state {
        case .opening(var answer):
            let outcome = unsafe answer.receive(bytes.withUnsafeBytes { unsafe Array($0) })
            state = .opening(answer)
            if let outcome { finishOpening(outcome) }
        case .open: read(bytes)
        case .leaving, .ended: break
        }
    }

    private func finishOpening(_ outcome: UpgradeAnswer.Outcome) {
        switch outcome {
        case .refused(let response): fail(.refused(response), code: nil)
        case .unusable(let words): fail(.unusable(words), code: nil)
        case .upgraded(let rest):
            state = .open
            setTimer(limits.timeout) { $0.fail(.timedOut, code: 1000) }
            events?.open(self)
            if case .open = state, !rest.isEmpty { unsafe read(rest.span.bytes) }
        }
    }

    private func read(_ bytes: RawSpan) {
        receivedCount += bytes.byteCount
        guard receivedCount <= limits.maxTotalBytes else { return fail(.tooMuch, code: 1008) }
        let arrivals = codec.receive(bytes)
        receivedCount += codec.takeFrameCount() * WebSocketLimits.bytesPerFrame
        guard receivedCount <= limits.maxTotalBytes else { return fail(.tooMuch, code: 1008) }
        flush()
        for arrival in arrivals {
            // The owner may have closed it.
            guard case .open = state else { return }
            switch arrival {
            case .message(let message): events?.receive(self, message)
            // wslay has answered each of these with a close frame.
            case .close(let code, let reason): fail(.closed(code: code, reason: reason), code: nil)
            case .failure(let failure): fail(failure, code: nil)
            }
        }
    }

    private func flush() {
        stream?.send(codec.takeOutput())
    }

    /// Ends the WebSocket for its owner.
    /// - Parameter code: of the close frame; nil when there is one already, or the WebSocket is not open.
    private func fail(_ failure: WebSocketFailure, code: UInt16?) {
        let events = events
        self.events = nil
        if case .open = state {
            if let code { codec.close(code: code, reason: "") }
            flush()
            leave()
        } else {
            abandon()
        }
        events?.end(failure)
    }

    private func leave() {
        state = .leaving
        setTimer(WebSocket.patience) { $0.abandon() }
    }

    /// Closes the connection.
    private func abandon() {
        state = .ended
        timer?.cancel()
        timer = nil
        stream?.close()
        stream = nil
    }

    /// The stream has ended.
    private func end(_ reason: StreamFailure) {
        let failure: WebSocketFailure
        switch (state, reason) {
        case (.opening, .cannotConnect), (.opening, .tls), (.opening, .timedOut): failure = .noConnection(reason)
        case (.opening(var answer), .ended):
            switch answer.end() {
            case .refused(let response): failure = .refused(response)
            case .unusable(let words): failure = .unusable(words)
            case .upgraded: failure = .broken(reason)
            }
        default: failure = .broken(reason)
        }
        let events = events
        self.events = nil
        abandon()
        events?.end(failure)
    }

    private func setTimer(_ delay: Duration, _ action: @escaping (WebSocket) -> Void) {
        timer?.cancel()
        timer = loop.after(delay) { [weak self] in
            if let self { action(self) }
        }
    }
}

/// Why a WebSocket has ended, or never opened.
package enum WebSocketFailure: Error, Hashable, Sendable {
    /// There was no connection.
    case noConnection(StreamFailure)
    /// The server answered with a status other than 101. The response is whole.
    case refused(Response)
    /// The server's answer is not that of a WebSocket server.
    case unusable(String)
    /// The server closed the WebSocket; the code is 0 when it gave none.
    case closed(code: UInt16, reason: String)
    /// The connection ended without a close frame.
    case broken(StreamFailure)
    /// The server broke the protocol.
    case violation
    /// A text of the server's is not UTF-8.
    case notUTF8
    /// A message is longer than the limit.
    case messageTooLong
    /// The server sent more than the limit in all.
    case tooMuch
    /// The time to open the WebSocket, or to use it, is over.
    case timedOut
    /// The task that waited was cancelled.
    case cancelled
}

extension WebSocketFailure: CustomStringConvertible {
    /// A clause for an operator, written after a colon. A reason that the server gave is not in it.
    package var description: String {
        switch self {
        case .noConnection(let failure): "no connection: \(failure)"
        case .refused(let response): "the server answered \(response.status.rawValue)"
        case .unusable(let words): "the server does not speak WebSocket: \(words)"
        case .closed(let code, _): code == 0 ? "the server closed it" : "the server closed it with code \(code)"
        case .broken(let failure): "the connection broke: \(failure)"
        case .violation: "the server broke the WebSocket protocol"
        case .notUTF8: "the server sent a text that is not UTF-8"
        case .messageTooLong: "the server sent a message that is too long"
        case .tooMuch: "the server sent too much"
        case .timedOut: "it took too long"
        case .cancelled: "it was cancelled"
        }
    }
}
