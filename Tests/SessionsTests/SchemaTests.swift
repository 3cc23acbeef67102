import Sessions
import Testing

/// Each rule of `session`, with something it accepts and something it refuses.
struct `The rules of a session` {
    /// A realtime session with one member set, by its dotted path.
    private static func realtime(_ path: String, _ value: String) -> JSON {
        [
            "session": JSON.object(["type": "realtime"]).setting(
                path.split(separator: ".").map(String.init)[...], to: .parsed(value))
        ]
    }

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
        #expect(Schema.violations(of: Self.realtime(path, value), for: .realtime) == [])
    }

    @Test(arguments: [
        ("instructions", "null", "invalid_type", "instructions"), ("instructions", "1", "invalid_type", "instructions"),
        ("model", "null", "invalid_type", "model"), ("audio", "null", "invalid_type", "audio"),
        ("audio", "[]", "invalid_type", "audio"),
        ("output_modalities", #"["audio","text"]"#, "array_above_max_length", "output_modalities"),
        ("output_modalities", "[]", "empty_array", "output_modalities"),
        ("output_modalities", #""audio""#, "invalid_type", "output_modalities"),
        ("output_modalities", #"["video"]"#, "invalid_value", "output_modalities[0]"),
        ("audio.input.format", #""pcm16""#, "invalid_type", "audio.input.format"),
        ("audio.input.format", #"{"rate":24000}"#, "missing_required_parameter", "audio.input.format.type"),
        ("audio.output.format", #"{"type":"audio/pcm"}"#, "missing_required_parameter", "audio.output.format.rate"),
        (
            "audio.output.format", #"{"type":"audio/pcm","rate":16000}"#, "integer_below_min_value",
            "audio.output.format.rate"
        ),
        (
            "audio.output.format", #"{"type":"audio/pcm","rate":48000}"#, "integer_above_max_value",
            "audio.output.format.rate"
        ),
        ("audio.output.format", #"{"type":"audio/pcmu","rate":8000}"#, "unknown_parameter", "audio.output.format.rate"),
        ("audio.output.format", #"{"type":"audio/opus"}"#, "invalid_value", "audio.output.format.type"),
        ("audio.output.format", #"{"type":1}"#, "invalid_type", "audio.output.format.type"),
        ("audio.output.format", "null", "invalid_type", "audio.output.format"),
        ("audio.voice", #""marin""#, "unknown_parameter", "audio.voice"),
        ("voice", #""alloy""#, "unknown_parameter", "voice"),
        ("audio.input.transcription", #""whisper-1""#, "invalid_type", "audio.input.transcription"),
        ("audio.input.transcription.enabled", "true", "unknown_parameter", "audio.input.transcription.enabled"),
        ("audio.input.transcription.language", "7", "invalid_type", "audio.input.transcription.language"),
        ("audio.input.transcription.languages", #""de""#, "invalid_type", "audio.input.transcription.languages"),
        ("audio.input.transcription.languages", "[1]", "invalid_type", "audio.input.transcription.languages[0]"),
        ("audio.input.transcription.keywords", "{}", "invalid_type", "audio.input.transcription.keywords"),
        ("audio.input.transcription.prompt", "[]", "invalid_type", "audio.input.transcription.prompt"),
        ("audio.input.transcription.delay", #""slow""#, "invalid_value", "audio.input.transcription.delay"),
        ("audio.input.noise_reduction", #""near_field""#, "invalid_type", "audio.input.noise_reduction"),
        ("audio.input.noise_reduction.type", #""mid_field""#, "invalid_value", "audio.input.noise_reduction.type"),
        (
            "audio.input.noise_reduction.strength", "1.1", "decimal_above_max_value",
            "audio.input.noise_reduction.strength"
        ),
        (
            "audio.input.noise_reduction.strength", "-1", "integer_below_min_value",
            "audio.input.noise_reduction.strength"
        ),
        ("audio.input.noise_reduction.gain", "1", "unknown_parameter", "audio.input.noise_reduction.gain"),
        ("audio.input.turn_detection", #"{"type":"none"}"#, "invalid_value", "audio.input.turn_detection.type"),
        (
            "audio.input.turn_detection", #"{"threshold":0.5}"#, "missing_required_parameter",
            "audio.input.turn_detection.type"
        ),
        (
            "audio.input.turn_detection", #"{"type":"server_vad","threshold":1.5}"#, "decimal_above_max_value",
            "audio.input.turn_detection.threshold"
        ),
        (
            "audio.input.turn_detection", #"{"type":"server_vad","threshold":-0.1}"#, "decimal_below_min_value",
            "audio.input.turn_detection.threshold"
        ),
        (
            "audio.input.turn_detection", #"{"type":"server_vad","prefix_padding_ms":1.5}"#, "invalid_type",
            "audio.input.turn_detection.prefix_padding_ms"
        ),
        (
            "audio.input.turn_detection", #"{"type":"server_vad","prefix_padding_ms":-1}"#, "integer_below_min_value",
            "audio.input.turn_detection.prefix_padding_ms"
        ),
        (
            "audio.input.turn_detection", #"{"type":"server_vad","silence_duration_ms":200.0}"#, "invalid_type",
            "audio.input.turn_detection.silence_duration_ms"
        ),
        (
            "audio.input.turn_detection", #"{"type":"server_vad","silence_duration_ms":-1}"#, "integer_below_min_value",
            "audio.input.turn_detection.silence_duration_ms"
        ),
        (
            "audio.input.turn_detection", #"{"type":"server_vad","silence_duration_ms":99999999999999999999}"#,
            "integer_above_max_value", "audio.input.turn_detection.silence_duration_ms"
        ),
        (
            "audio.input.turn_detection", #"{"type":"server_vad","idle_timeout_ms":4999}"#, "integer_below_min_value",
            "audio.input.turn_detection.idle_timeout_ms"
        ),
        (
            "audio.input.turn_detection", #"{"type":"server_vad","idle_timeout_ms":30001}"#, "integer_above_max_value",
            "audio.input.turn_detection.idle_timeout_ms"
        ),
        (
            "audio.input.turn_detection", #"{"type":"server_vad","create_response":1}"#, "invalid_type",
            "audio.input.turn_detection.create_response"
        ),
        (
            "audio.input.turn_detection", #"{"type":"server_vad","interrupt_response":"no"}"#, "invalid_type",
            "audio.input.turn_detection.interrupt_response"
        ),
        (
            "audio.input.turn_detection", #"{"type":"server_vad","eagerness":"low"}"#, "unknown_parameter",
            "audio.input.turn_detection.eagerness"
        ),
        (
            "audio.input.turn_detection", #"{"type":"semantic_vad","eagerness":"extreme"}"#, "invalid_value",
            "audio.input.turn_detection.eagerness"
        ),
        (
            "audio.input.turn_detection", #"{"type":"semantic_vad","threshold":0.5}"#, "unknown_parameter",
            "audio.input.turn_detection.threshold"
        ),
        (
            "audio.input.turn_detection", #"{"type":"semantic_vad","create_response":null}"#, "invalid_type",
            "audio.input.turn_detection.create_response"
        ),
        (
            "audio.input.turn_detection", #"{"type":"semantic_vad","interrupt_response":null}"#, "invalid_type",
            "audio.input.turn_detection.interrupt_response"
        ),
        ("audio.output.voice", #""onyx""#, "invalid_value", "audio.output.voice"),
        ("audio.output.voice", #""nova""#, "invalid_value", "audio.output.voice"),
        ("audio.output.voice", #""fable""#, "invalid_value", "audio.output.voice"),
        ("audio.output.voice", "null", "invalid_type", "audio.output.voice"),
        ("audio.output.voice", #"{"id":"v","name":"n"}"#, "unknown_parameter", "audio.output.voice.name"),
        ("audio.output.voice", "{}", "missing_required_parameter", "audio.output.voice.id"),
        ("audio.output.speed", "0.24", "decimal_below_min_value", "audio.output.speed"),
        ("audio.output.speed", "2", "integer_above_max_value", "audio.output.speed"),
        ("audio.output.speed", "1.51", "decimal_above_max_value", "audio.output.speed"),
        ("audio.output.speed", #""1""#, "invalid_type", "audio.output.speed"),
        ("include", #"["logprobs"]"#, "invalid_value", "include[0]"), ("include", "null", "invalid_type", "include"),
        ("tools", #"[{"name":"f"}]"#, "missing_required_parameter", "tools[0].type"),
        ("tools", "{}", "invalid_type", "tools"),
        ("tools", #"[{"type":"function","name":"f","strict":true}]"#, "unknown_parameter", "tools[0].strict"),
        ("tools", #"[{"type":"function","name":"f","parameters":[]}]"#, "invalid_type", "tools[0].parameters"),
        ("tools", #"[{"type":"function","name":"f"},{"type":"web_search"}]"#, "invalid_value", "tools[1].type"),
        ("tools", #"[{"type":"mcp","server_url":"https://x"}]"#, "missing_required_parameter", "tools[0].server_label"),
        ("tools", #"[{"type":"mcp","server_label":"l"}]"#, "missing_required_parameter", "tools[0].server_url"),
        ("tools", #"[{"type":"mcp","server_label":"l","server_url":"x"}]"#, "invalid_value", "tools[0].server_url"),
        ("tools", #"[{"type":"mcp","server_label":"l","connector_id":"x"}]"#, "invalid_value", "tools[0].connector_id"),
        (
            "tools", #"[{"type":"mcp","server_label":"l","tunnel_id":"tunnel_0123456789abcdefghijklmnopqrstu"}]"#,
            "invalid_value", "tools[0].tunnel_id"
        ),
        (
            "tools", #"[{"type":"mcp","server_label":"l","tunnel_id":"tunnel_0123456789ABCDEFghijklmnopqrstuv"}]"#,
            "invalid_value", "tools[0].tunnel_id"
        ),
        (
            "tools", #"[{"type":"mcp","server_label":"l","tunnel_id":"canal!_0123456789abcdefghijklmnopqrstuv"}]"#,
            "invalid_value", "tools[0].tunnel_id"
        ),
        (
            "tools", #"[{"type":"mcp","server_label":"l","server_url":"a://b","headers":{"a":1}}]"#, "invalid_type",
            "tools[0].headers.a"
        ),
        (
            "tools", #"[{"type":"mcp","server_label":"l","server_url":"a://b","authorization":null}]"#, "invalid_type",
            "tools[0].authorization"
        ),
        (
            "tools", #"[{"type":"mcp","server_label":"l","server_url":"a://b","allowed_callers":[]}]"#, "empty_array",
            "tools[0].allowed_callers"
        ),
        (
            "tools", #"[{"type":"mcp","server_label":"l","server_url":"a://b","allowed_callers":["x"]}]"#,
            "invalid_value", "tools[0].allowed_callers[0]"
        ),
        (
            "tools", #"[{"type":"mcp","server_label":"l","server_url":"a://b","require_approval":"maybe"}]"#,
            "invalid_value", "tools[0].require_approval"
        ),
        (
            "tools", #"[{"type":"mcp","server_label":"l","server_url":"a://b","allowed_tools":{"names":[]}}]"#,
            "unknown_parameter", "tools[0].allowed_tools.names"
        ),
        (
            "tools", #"[{"type":"mcp","server_label":"l","server_url":"a://b","defer_loading":1}]"#, "invalid_type",
            "tools[0].defer_loading"
        ),
        ("tool_choice", #""any""#, "invalid_value", "tool_choice"),
        ("tool_choice", "null", "invalid_type", "tool_choice"),
        ("tool_choice", #"{"type":"function"}"#, "missing_required_parameter", "tool_choice.name"),
        ("tool_choice", #"{"type":"mcp"}"#, "missing_required_parameter", "tool_choice.server_label"),
        ("parallel_tool_calls", #""yes""#, "invalid_type", "parallel_tool_calls"),
        ("reasoning.effort", #""none""#, "invalid_value", "reasoning.effort"),
        ("reasoning", #""low""#, "invalid_type", "reasoning"),
        ("max_output_tokens", #""all""#, "invalid_value", "max_output_tokens"),
        ("max_output_tokens", "null", "invalid_type", "max_output_tokens"),
        ("max_output_tokens", "1.5", "invalid_type", "max_output_tokens"),
        ("temperature", "0.8", "unknown_parameter", "temperature"), ("tracing", #""on""#, "invalid_value", "tracing"),
        ("tracing", #"{"metadata":1}"#, "invalid_type", "tracing.metadata"),
        ("tracing", "true", "invalid_type", "tracing"),
        ("truncation", #""some""#, "invalid_value", "truncation"), ("truncation", "null", "invalid_type", "truncation"),
        ("truncation", #"{"type":"retention_ratio"}"#, "missing_required_parameter", "truncation.retention_ratio"),
        (
            "truncation", #"{"type":"retention_ratio","retention_ratio":1.01}"#, "decimal_above_max_value",
            "truncation.retention_ratio"
        ),
        (
            "truncation", #"{"type":"retention_ratio","retention_ratio":1,"token_limits":{"post_instructions":-1}}"#,
            "integer_below_min_value", "truncation.token_limits.post_instructions"
        ),
        ("prompt", "{}", "missing_required_parameter", "prompt.id"), ("prompt", #""p""#, "invalid_type", "prompt"),
        ("prompt", #"{"id":"p","version":2}"#, "invalid_type", "prompt.version"),
        ("prompt", #"{"id":"p","variables":[]}"#, "invalid_type", "prompt.variables"),
    ])
    func `are broken by`(path: String, value: String, code: String, param: String) {
        let violations = Schema.violations(of: Self.realtime(path, value), for: .realtime)
        #expect(violations.map(\.code) == [code])
        #expect(violations.map(\.path) == ["session.\(param)"])
    }
}

extension JSON {
    /// The value with the member at that path set, objects made where there are none.
    func setting(_ path: ArraySlice<String>, to value: JSON) -> JSON {
        guard let name = path.first else { return value }
        var object = objectValue ?? [:]
        object[name] = (object[name] ?? .object([:])).setting(path.dropFirst(), to: value)
        return .object(object)
    }
}
