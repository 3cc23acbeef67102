import Sessions
import Testing

/// Each rule of `session.audio`, with something that breaks it.
struct `The rules of audio` {
    @Test(arguments: [
        ("audio", "null", "invalid_type", "audio"),
        ("audio", "[]", "invalid_type", "audio"),
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
    ])
    func `are broken by`(path: String, value: String, code: String, param: String) {
        let violations = Schema.violations(of: .realtimeBody(path, value), for: .realtime)
        #expect(violations.map(\.code) == [code])
        #expect(violations.map(\.path) == ["session.\(param)"])
    }
}
