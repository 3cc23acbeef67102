import JSON
import Sessions
import TestTools
import Testing

/// Hints for names that are not known, over every place of the schema.
struct `A hint` {
    private static let bases: [(kind: SessionKind, session: String)] = [
        (.realtime, #"{"type":"realtime","model":"gpt-realtime-2.1"}"#),
        (.transcription, #"{"type":"transcription"}"#), (.translation, #"{"model":"gpt-realtime-translate"}"#),
        (.live, #"{"type":"live","model":"gpt-live-1"}"#),
    ]
    /// Objects of each kind that the schema tells apart by `type`, by their places.
    private static let objects: [(place: String, value: JSON)] = [
        ("", [:]), ("audio", [:]), ("audio.input", [:]), ("audio.output", [:]), ("audio.input.transcription", [:]),
        ("audio.input.noise_reduction", [:]), ("audio.input.turn_detection", ["type": "server_vad"]),
        ("audio.input.turn_detection", ["type": "semantic_vad"]), ("audio.input.format", ["type": "audio/pcm"]),
        ("audio.output.format", ["type": "audio/pcmu"]), ("audio.output.format", ["type": "audio/pcma"]),
        ("audio.output.voice", [:]), ("tool_choice", ["type": "function"]), ("tool_choice", ["type": "mcp"]),
        ("tracing", [:]), ("truncation", ["type": "retention_ratio"]), ("truncation.token_limits", [:]),
        ("prompt", [:]), ("reasoning", [:]), ("client", [:]), ("client.data_channel", [:]),
        ("delegation", ["type": "client"]), ("delegation", ["type": "responses"]), ("delegation.responses", [:]),
        ("wake_policy", ["type": "speech"]),
    ]
    private static let names = [
        "model", "output_modalities", "instructions", "audio", "input", "output", "format", "voice", "speed",
        "transcription", "noise_reduction", "turn_detection", "include", "tools", "tool_choice", "parallel_tool_calls",
        "reasoning", "effort", "max_output_tokens", "tracing", "truncation", "prompt", "language", "languages",
        "keywords", "delay", "strength", "threshold", "prefix_padding_ms", "silence_duration_ms", "idle_timeout_ms",
        "create_response", "interrupt_response", "eagerness", "rate", "id", "version", "variables", "workflow_name",
        "group_id", "metadata", "retention_ratio", "token_limits", "post_instructions", "name", "description",
        "parameters", "server_label", "server_url", "tunnel_id", "connector_id", "authorization", "headers",
        "modalities", "input_audio_format", "temperature", "reasoning_effort", "max_tokens", "expires_after", "strict",
        "system", "zzz", "thresholds", "voices", "client", "data_channel", "delegation", "responses", "decisions",
        "store",
        "triggers", "wake_policy", "idle_timeout_s", "safety_identifier", "transport", "allowed_client_events",
        "allowed_events", "acknowledgement_delay_ms", "verbosity", "service_tier", "vad_threshold",
    ]

    @Test func `never names what it refuses`() throws {
        var hints = 0
        for (kind, base) in Self.bases {
            for (place, value) in Self.objects {
                let path = place.split(separator: ".").map(String.init)
                // Whatever a name is, known here or not, one value is wrong for all of them.
                var object = place.isEmpty ? JSON.parsed(base) : value
                for name in Self.names { object = object.replacing(.parsed("[[]]"), at: [name]) }
                let file: JSON = ["session": JSON.parsed(base).replacing(object, at: path)]
                for finding in try SessionDirectory.findings(in: file.description) {
                    guard let hint = finding.firstRange(of: "did you mean ") else { continue }
                    let refused = finding.prefix { $0 != ":" }.split(separator: " ").last ?? ""
                    let meant = finding[hint.upperBound...].prefix { $0 != "?" }
                    hints += 1
                    #expect(meant != refused && !refused.hasSuffix(".\(meant)"), "\(kind): \(finding)")
                }
            }
        }
        #expect(hints > 500)
    }
}
