package import JSON

/// The events on the data channel of a Live session.
///
/// OpenAI enforces the lists of what a page may send and receive, and allows every event where there is no list: then a
/// page could replace the model and the instructions of a delegation. So a list is always sent.
package enum LiveEvents {
    /// The least that a page needs to send: to close the session, and to mute and unmute it.
    package static let sent: JSON = ["session.close", "session.input_audio.mute", "session.input_audio.unmute"]
    /// The least that a page needs to receive: that the session has started or ended, what it costs, whether it is muted,
    /// both transcripts, and errors.
    package static let received: JSON = .array(
        [
            "session.started", "session.closed", "session.usage.updated", "session.input_audio.muted",
            "session.input_audio.unmuted", "session.input_transcript.delta", "session.output_transcript.delta", "error",
            "info",
        ].map { ["type": .string($0)] })

    /// The member `client` of a session with a list for each direction: the given one, else the least.
    package static func restricting(_ client: JSON?) -> JSON {
        var client = client?.objectValue ?? [:]
        var channel = client["data_channel"]?.objectValue ?? [:]
        channel["allowed_client_events"] = channel["allowed_client_events"] ?? sent
        channel["allowed_server_events"] = channel["allowed_server_events"] ?? received
        client["data_channel"] = .object(channel)
        return .object(client)
    }

    /// The events that clients send, on the data channel or elsewhere, by OpenAI's types of November 2026.
    static let ofClients = [
        "session.start", "session.update", "session.input_audio.append", "session.input_audio.mute",
        "session.input_audio.unmute", "session.output_audio.fixture.play", "session.instructions.append",
        "session.thinking.append", "session.commentary.append", "decision.create", "decision.item.create",
        "decision.item.delete", "response.item.create", "response.create", "session.close", "transport.dtmf.send",
    ]

    /// The events that the server sends, on the data channel or elsewhere, by OpenAI's types of November 2026.
    static let ofServers = [
        "session.started", "session.updated", "session.paused", "session.resumed", "session.input_audio.muted",
        "session.input_audio.unmuted", "session.output_audio.fixture.playing", "session.output_audio.fixture.played",
        "session.instructions.appended", "session.thinking.appended", "session.commentary.appended",
        "session.input_transcript.delta", "session.output_transcript.delta", "session.delegation.created",
        "decision.event", "decision.item.created", "decision.item.deleted", "response.event", "session.usage.updated",
        "session.closed", "error", "info", "session.input_audio.append", "session.output_audio.delta",
        "transport.dtmf.received", "transport.dtmf.sent", "transport.ringing", "transport.answered", "transport.failed",
    ]
}
