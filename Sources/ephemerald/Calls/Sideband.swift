package import Curl
package import EphemeraldCore
import HTTP
import WebSocket

/// The sidebands of Live sessions, over the byte streams of a loop: closes a session, and waits until it is closed.
///
/// The streams are those of the loop on whose thread it is used.
package struct Sideband: Sendable {
    /// The longest event that is read, `session.closed`: it holds the whole session, with instructions of up to 16,384
    /// tokens.
    private static let maxEventBytes = 1_048_576

    private let streams: Streams
    private let client: HTTPClientSettings

    /// - Parameter client: the settings of the upstream's client, which apply here too.
    package init(over streams: Streams, _ client: HTTPClientSettings) {
        self.streams = streams
        self.client = client
    }

    /// Attaches, sends `session.close` and reads to `session.closed`. Audio is dropped while it arrives.
    package func close(_ request: SidebandRequest) async -> SidebandOutcome {
        var fields = request.fields
        fields.append("User-Agent", client.userAgent)
        guard var target = WebSocketTarget(url: request.url, fields: fields),
            target.stream.tls != nil || client.allowsPlainHTTP
        else { return .failed("the address of the upstream is not one for a WebSocket") }
        target.stream.connectTimeout = client.connectTimeout
        target.stream.proxy = client.proxy
        target.stream.tls?.caFile = client.caFile
        var limits = WebSocketLimits()
        limits.maxMessageBytes = Sideband.maxEventBytes
        limits.openTimeout = client.connectTimeout + .seconds(1)
        limits.timeout = request.timeout
        limits.drops = { SidebandEvent.isAudio($0) }
        do throws(WebSocketFailure) {
            let message = try await Conversation.ask(
                WebSocketMessage(SidebandEvent.close, isText: true), of: target, limits: limits, over: streams
            ) { SessionClosed($0.bytes) != nil }
            return SessionClosed(message.bytes).map { .closed($0) } ?? .failed("the event is not readable")
        } catch {
            if case .refused(let response) = error { return .refused(response) }
            return .failed("\(error)")
        }
    }
}
