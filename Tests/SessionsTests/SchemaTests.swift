import JSON
import Sessions
import TestTools
import Testing

/// Each rule of `session`, with something it accepts.
struct `The rules of a session` {
    @Test(arguments: [
        ("model", #""gpt-realtime-2.1""#), ("model", #""deployment-7""#), ("output_modalities", #"["audio"]"#),
        ("output_modalities", #"["text"]"#), ("instructions", #""""#), ("audio", "{}"), ("audio.input", "{}"),
        ("audio.output", "{}"),
        ("audio.input.format", #"{"type":"audio/pcm","rate":24000}"#),
        ("audio.output.format", #"{"type":"audio/pcmu"}"#),
        ("audio.output.format", #"{"type":"audio/pcma"}"#), ("audio.input.transcription", "null"),
        ("audio.input.transcription", "{}"),
        ("audio.input.transcription.model", #""gpt-transcribe""#), ("audio.input.transcription.model", #""other""#),
        ("audio.input.transcription.language", #""de""#), ("audio.input.transcription.language", #""german""#),
        ("audio.input.transcription.languages", #"["de"]"#), ("audio.input.transcription.languages", "[]"),
        ("audio.input.transcription.keywords", "[]"), ("audio.input.transcription.prompt", #""x""#),
        ("audio.input.transcription.delay", #""xhigh""#), ("audio.input.noise_reduction", "null"),
        ("audio.input.noise_reduction", #"{"type":"near_field"}"#),
        ("audio.input.noise_reduction", #"{"type":"far_field","strength":0.5}"#),
        ("audio.input.noise_reduction.strength", "0"), ("audio.input.noise_reduction.strength", "1"),
        ("audio.input.turn_detection", "null"), ("audio.input.turn_detection", #"{"type":"server_vad"}"#),
        (
            "audio.input.turn_detection",
            #"{"type":"server_vad","threshold":1,"prefix_padding_ms":0,"silence_duration_ms":200,"idle_timeout_ms":5000,"create_response":true,"interrupt_response":false}"#
        ),
        ("audio.input.turn_detection", #"{"type":"server_vad","idle_timeout_ms":null}"#),
        ("audio.input.turn_detection", #"{"type":"server_vad","idle_timeout_ms":30000}"#),
        (
            "audio.input.turn_detection",
            #"{"type":"semantic_vad","eagerness":"auto","create_response":true,"interrupt_response":true}"#
        ),
        ("audio.output.voice", #""marin""#), ("audio.output.voice", #""brand-new""#),
        ("audio.output.voice", #"{"id":"voice_1"}"#),
        ("audio.output.speed", "0.25"), ("audio.output.speed", "1"), ("audio.output.speed", "1.5"),
        ("include", #"["item.input_audio_transcription.logprobs"]"#), ("include", "[]"), ("tools", "[]"),
        ("tools", #"[{"type":"function","name":"f","description":"d","parameters":{"type":"object","anything":[1]}}]"#),
        ("tools", #"[{"type":"function","name":"f"},{"type":"mcp","server_label":"l","server_url":"https://x"}]"#),
        (
            "tools",
            #"[{"type":"mcp","server_label":"l","connector_id":"connector_gmail","authorization":"s","headers":{"a":"b"},"server_description":"d","allowed_tools":["t"],"allowed_callers":["direct","programmatic"],"require_approval":"never","defer_loading":true}]"#
        ),
        (
            "tools",
            #"[{"type":"mcp","server_label":"l","tunnel_id":"tunnel_0123456789abcdefghijklmnopqrstuv","headers":null,"allowed_tools":{"tool_names":[],"read_only":true},"allowed_callers":null,"require_approval":{"always":{"read_only":false},"never":{"tool_names":["t"]}}}]"#
        ),
        (
            "tools",
            #"[{"type":"mcp","server_label":"l","server_url":"https://x","allowed_tools":null,"require_approval":null}]"#
        ),
        ("tool_choice", #""auto""#), ("tool_choice", #""none""#), ("tool_choice", #""required""#),
        ("tool_choice", #"{"type":"function","name":"f"}"#), ("tool_choice", #"{"type":"mcp","server_label":"l"}"#),
        ("tool_choice", #"{"type":"mcp","server_label":"l","name":null}"#), ("parallel_tool_calls", "false"),
        ("reasoning", "{}"), ("reasoning.effort", #""xhigh""#), ("reasoning.effort", #""minimal""#),
        ("max_output_tokens", "1"), ("max_output_tokens", "4096"),
        ("max_output_tokens", #""inf""#), ("max_output_tokens", "5000"), ("tracing", "null"), ("tracing", #""auto""#),
        ("tracing", #"{"workflow_name":"w","group_id":"g","metadata":{"a":[1]}}"#), ("truncation", #""auto""#),
        ("truncation", #""disabled""#),
        ("truncation", #"{"type":"retention_ratio","retention_ratio":0.8,"token_limits":{"post_instructions":0}}"#),
        ("prompt", "null"), ("prompt", #"{"id":"p"}"#), ("prompt", #"{"id":"p","version":"2","variables":{"a":1}}"#),
        ("prompt", #"{"id":"p","version":null,"variables":null}"#),
    ])
    func `are kept by`(path: String, value: String) {
        #expect(Schema.violations(of: .realtimeBody(path, value), for: .realtime) == [])
    }
}

extension JSON {
    /// A body with a realtime session of which one member is set, by its dotted path.
    static func realtimeBody(_ path: String, _ value: String) -> JSON {
        let path = path.split(separator: ".").map(String.init)
        return ["session": JSON.object(["type": "realtime"]).setting(path[...], to: .parsed(value))]
    }

    /// The value with the member at that path set, objects made where there are none.
    func setting(_ path: ArraySlice<String>, to value: JSON) -> JSON {
        guard let name = path.first else { return value }
        var object = objectValue ?? [:]
        object[name] = (object[name] ?? .object([:])).setting(path.dropFirst(), to: value)
        return .object(object)
    }
}
