import JSON

/// What to do about names that a Live session refuses, because the service adds them or the Realtime API has them.
enum LiveAdvice {
    /// The whole message about an unknown name; nil for one without advice of its own.
    static func message(about path: String, in kind: SessionKind) -> String? {
        guard kind == .live else { return nil }
        if let message = messages[path] { return message }
        for name in ofDelegation where path == "session.\(name)" {
            return "a delegation of the type responses has it: session.delegation.responses.\(name)"
        }
        for name in withoutSuccessor where path == "session.\(name)" {
            return "a live session does not have it; leave it out"
        }
        return nil
    }

    private static let ofDelegation = ["tools", "tool_choice", "parallel_tool_calls", "reasoning", "max_output_tokens"]

    private static let withoutSuccessor = [
        "temperature", "tracing", "truncation", "include", "metadata", "input_audio_noise_reduction",
    ]

    private static let messages = [
        "expires_after": withoutSecret, "client_secret": withoutSecret, "session.expires_after": withoutSecret,
        "session.client_secret": withoutSecret, "transport": transport, "session.transport": transport,
        "session.safety_identifier": "must be left out: the service sends the identifier of the caller",
        "session.voice": "is session.audio.output.voice in a live session",
        "session.turn_detection": turns,
        "session.audio.input":
            "a live session does not have it: the model takes turns by itself, and both transcripts are always sent",
        "session.input_audio_transcription": "a live session does not have it: both transcripts are always sent",
        "session.audio.format": format, "session.audio.output.format": format, "session.input_audio_format": format,
        "session.output_audio_format": format, "session.audio.output.speed": speed, "session.speed": speed,
        "session.output_modalities": modalities, "session.modalities": modalities,
        "session.prompt": "a live session has no reusable prompts; write session.instructions",
        "session.max_response_output_tokens": mostTokens, "session.max_tokens": mostTokens,
        "session.max_completion_tokens": mostTokens,
        "session.reasoning_effort":
            "a delegation of the type responses has it: session.delegation.responses.reasoning.effort",
    ]

    private static let mostTokens =
        "a delegation of the type responses has it: session.delegation.responses.max_output_tokens"
    private static let withoutSecret =
        "a live session has no client secrets; leave it out, and limit calls by access.call.max_seconds"
    private static let transport = "must be left out: the service makes it from the offer of the page"
    private static let turns = "a live session does not have it: the model takes turns by itself"
    private static let format = "must be left out: browsers negotiate the format"
    private static let speed = "a live session does not have it: ask for the pace in session.instructions"
    private static let modalities = "a live session does not have it: the model always speaks; leave it out"
}
