import Foundation
import JSON
import Sessions
import TestTools
import Testing

/// The rules of a realtime session, each with values that break it or keep it.
struct `The rules of a realtime session` {
    /// A row of a table: a member of the session and its value. A row of what is refused also has the code of OpenAI's
    /// error, and the place below the member that the error names.
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let path: String
        let value: String
        let code: String
        let param: String

        /// - Parameter line: `audio.output.format = {"type":"audio/pcm"} -> missing_required_parameter .rate`
        private init(_ line: Substring) {
            let sides = String(line).components(separatedBy: " -> ")
            let member = sides[0].components(separatedBy: " = ")
            let error = sides.dropFirst().joined().components(separatedBy: " ")
            testDescription = String(line)
            (path, value, code) = (member[0], member[1], error[0])
            param = "session." + path + error.dropFirst().joined()
        }

        static func table(_ text: String) -> [Row] { text.split(separator: "\n").map(Row.init) }
    }

    @Test(arguments: refusedAudio + refused)
    func `are broken by`(row: Row) {
        let violations = Schema.violations(of: .realtimeBody(row.path, row.value), for: .realtime)
        #expect(violations.map(\.code) == [row.code])
        #expect(violations.map(\.path) == [row.param])
    }

    @Test(arguments: kept)
    func `are kept by`(row: Row) {
        #expect(Schema.violations(of: .realtimeBody(row.path, row.value), for: .realtime) == [])
    }

    @Test func `are in tables that were read whole`() {
        #expect((Self.refusedAudio.count, Self.refused.count, Self.kept.count) == (53, 55, 71))
    }

    private static let refusedAudio = Row.table(
        #"""
        audio = null -> invalid_type
        audio = [] -> invalid_type
        audio.input.format = "pcm16" -> invalid_type
        audio.input.format = {"rate":24000} -> missing_required_parameter .type
        audio.output.format = {"type":"audio/pcm"} -> missing_required_parameter .rate
        audio.output.format = {"type":"audio/pcm","rate":16000} -> integer_below_min_value .rate
        audio.output.format = {"type":"audio/pcm","rate":48000} -> integer_above_max_value .rate
        audio.output.format = {"type":"audio/pcmu","rate":8000} -> unknown_parameter .rate
        audio.output.format = {"type":"audio/opus"} -> invalid_value .type
        audio.output.format = {"type":1} -> invalid_type .type
        audio.output.format = null -> invalid_type
        audio.voice = "marin" -> unknown_parameter
        audio.input.transcription = "whisper-1" -> invalid_type
        audio.input.transcription.enabled = true -> unknown_parameter
        audio.input.transcription.language = 7 -> invalid_type
        audio.input.transcription.languages = "de" -> invalid_type
        audio.input.transcription.languages = [1] -> invalid_type [0]
        audio.input.transcription.keywords = {} -> invalid_type
        audio.input.transcription.prompt = [] -> invalid_type
        audio.input.transcription.delay = "slow" -> invalid_value
        audio.input.noise_reduction = "near_field" -> invalid_type
        audio.input.noise_reduction.type = "mid_field" -> invalid_value
        audio.input.noise_reduction.strength = 1.1 -> decimal_above_max_value
        audio.input.noise_reduction.strength = -1 -> integer_below_min_value
        audio.input.noise_reduction.gain = 1 -> unknown_parameter
        audio.input.turn_detection = {"type":"none"} -> invalid_value .type
        audio.input.turn_detection = {"threshold":0.5} -> missing_required_parameter .type
        audio.input.turn_detection = {"type":"server_vad","threshold":1.5} -> decimal_above_max_value .threshold
        audio.input.turn_detection = {"type":"server_vad","threshold":-0.1} -> decimal_below_min_value .threshold
        audio.input.turn_detection = {"type":"server_vad","prefix_padding_ms":1.5} -> invalid_type .prefix_padding_ms
        audio.input.turn_detection = {"type":"server_vad","prefix_padding_ms":-1} -> integer_below_min_value .prefix_padding_ms
        audio.input.turn_detection = {"type":"server_vad","silence_duration_ms":200.0} -> invalid_type .silence_duration_ms
        audio.input.turn_detection = {"type":"server_vad","silence_duration_ms":-1} -> integer_below_min_value .silence_duration_ms
        audio.input.turn_detection = {"type":"server_vad","silence_duration_ms":99999999999999999999} -> integer_above_max_value .silence_duration_ms
        audio.input.turn_detection = {"type":"server_vad","idle_timeout_ms":4999} -> integer_below_min_value .idle_timeout_ms
        audio.input.turn_detection = {"type":"server_vad","idle_timeout_ms":30001} -> integer_above_max_value .idle_timeout_ms
        audio.input.turn_detection = {"type":"server_vad","create_response":1} -> invalid_type .create_response
        audio.input.turn_detection = {"type":"server_vad","interrupt_response":"no"} -> invalid_type .interrupt_response
        audio.input.turn_detection = {"type":"server_vad","eagerness":"low"} -> unknown_parameter .eagerness
        audio.input.turn_detection = {"type":"semantic_vad","eagerness":"extreme"} -> invalid_value .eagerness
        audio.input.turn_detection = {"type":"semantic_vad","threshold":0.5} -> unknown_parameter .threshold
        audio.input.turn_detection = {"type":"semantic_vad","create_response":null} -> invalid_type .create_response
        audio.input.turn_detection = {"type":"semantic_vad","interrupt_response":null} -> invalid_type .interrupt_response
        audio.output.voice = "onyx" -> invalid_value
        audio.output.voice = "nova" -> invalid_value
        audio.output.voice = "fable" -> invalid_value
        audio.output.voice = null -> invalid_type
        audio.output.voice = {"id":"v","name":"n"} -> unknown_parameter .name
        audio.output.voice = {} -> missing_required_parameter .id
        audio.output.speed = 0.24 -> decimal_below_min_value
        audio.output.speed = 2 -> integer_above_max_value
        audio.output.speed = 1.51 -> decimal_above_max_value
        audio.output.speed = "1" -> invalid_type
        """#)

    private static let refused = Row.table(
        #"""
        instructions = null -> invalid_type
        instructions = 1 -> invalid_type
        model = null -> invalid_type
        output_modalities = ["audio","text"] -> array_above_max_length
        output_modalities = [] -> empty_array
        output_modalities = "audio" -> invalid_type
        output_modalities = ["video"] -> invalid_value [0]
        voice = "alloy" -> unknown_parameter
        include = ["logprobs"] -> invalid_value [0]
        include = null -> invalid_type
        tools = [{"name":"f"}] -> missing_required_parameter [0].type
        tools = {} -> invalid_type
        tools = [{"type":"function","name":"get weather!"}] -> invalid_value [0].name
        tools = [{"type":"function","name":""}] -> invalid_value [0].name
        tools = [{"type":"function","name":"f","server_url":"a://b"}] -> unknown_parameter [0].server_url
        tools = [{"type":"function","name":"f","strict":true}] -> unknown_parameter [0].strict
        tools = [{"type":"function","name":"f","parameters":[]}] -> invalid_type [0].parameters
        tools = [{"type":"function","name":"f"},{"type":"web_search"}] -> invalid_value [1].type
        tools = [{"type":"mcp","server_url":"https://x"}] -> missing_required_parameter [0].server_label
        tools = [{"type":"mcp","server_label":"l"}] -> missing_required_parameter [0].server_url
        tools = [{"type":"mcp","server_label":"l","server_url":"x"}] -> invalid_value [0].server_url
        tools = [{"type":"mcp","server_label":"l","connector_id":"x"}] -> invalid_value [0].connector_id
        tools = [{"type":"mcp","server_label":"l","tunnel_id":"tunnel_0123456789abcdefghijklmnopqrstu"}] -> invalid_value [0].tunnel_id
        tools = [{"type":"mcp","server_label":"l","tunnel_id":"tunnel_0123456789ABCDEFghijklmnopqrstuv"}] -> invalid_value [0].tunnel_id
        tools = [{"type":"mcp","server_label":"l","tunnel_id":"canal!_0123456789abcdefghijklmnopqrstuv"}] -> invalid_value [0].tunnel_id
        tools = [{"type":"mcp","server_label":"l","server_url":"a://b","headers":{"a":1}}] -> invalid_type [0].headers.a
        tools = [{"type":"mcp","server_label":"l","server_url":"a://b","authorization":null}] -> invalid_type [0].authorization
        tools = [{"type":"mcp","server_label":"l","server_url":"a://b","allowed_callers":[]}] -> empty_array [0].allowed_callers
        tools = [{"type":"mcp","server_label":"l","server_url":"a://b","allowed_callers":["x"]}] -> invalid_value [0].allowed_callers[0]
        tools = [{"type":"mcp","server_label":"l","server_url":"a://b","require_approval":"maybe"}] -> invalid_value [0].require_approval
        tools = [{"type":"mcp","server_label":"l","server_url":"a://b","allowed_tools":{"names":[]}}] -> unknown_parameter [0].allowed_tools.names
        tools = [{"type":"mcp","server_label":"l","server_url":"a://b","defer_loading":1}] -> invalid_type [0].defer_loading
        tool_choice = "any" -> invalid_value
        tool_choice = null -> invalid_type
        tool_choice = {"type":"function"} -> missing_required_parameter .name
        tool_choice = {"type":"mcp"} -> missing_required_parameter .server_label
        parallel_tool_calls = "yes" -> invalid_type
        reasoning.effort = "none" -> invalid_value
        reasoning = "low" -> invalid_type
        max_output_tokens = "all" -> invalid_value
        max_output_tokens = null -> invalid_type
        max_output_tokens = 1.5 -> invalid_type
        temperature = 0.8 -> unknown_parameter
        tracing = "on" -> invalid_value
        tracing = {"metadata":1} -> invalid_type .metadata
        tracing = true -> invalid_type
        truncation = "some" -> invalid_value
        truncation = null -> invalid_type
        truncation = {"type":"retention_ratio"} -> missing_required_parameter .retention_ratio
        truncation = {"type":"retention_ratio","retention_ratio":1.01} -> decimal_above_max_value .retention_ratio
        truncation = {"type":"retention_ratio","retention_ratio":1,"token_limits":{"post_instructions":-1}} -> integer_below_min_value .token_limits.post_instructions
        prompt = {} -> missing_required_parameter .id
        prompt = "p" -> invalid_type
        prompt = {"id":"p","version":2} -> invalid_type .version
        prompt = {"id":"p","variables":[]} -> invalid_type .variables
        """#)

    private static let kept = Row.table(
        #"""
        model = "gpt-realtime-2.1"
        model = "deployment-7"
        output_modalities = ["audio"]
        output_modalities = ["text"]
        instructions = ""
        audio = {}
        audio.input = {}
        audio.output = {}
        audio.input.format = {"type":"audio/pcm","rate":24000}
        audio.output.format = {"type":"audio/pcmu"}
        audio.output.format = {"type":"audio/pcma"}
        audio.input.transcription = null
        audio.input.transcription = {}
        audio.input.transcription.model = "gpt-transcribe"
        audio.input.transcription.model = "other"
        audio.input.transcription.language = "de"
        audio.input.transcription.language = "german"
        audio.input.transcription.languages = ["de"]
        audio.input.transcription.languages = []
        audio.input.transcription.keywords = []
        audio.input.transcription.prompt = "x"
        audio.input.transcription.delay = "xhigh"
        audio.input.noise_reduction = null
        audio.input.noise_reduction = {"type":"near_field"}
        audio.input.noise_reduction = {"type":"far_field","strength":0.5}
        audio.input.noise_reduction.strength = 0
        audio.input.noise_reduction.strength = 1
        audio.input.turn_detection = null
        audio.input.turn_detection = {"type":"server_vad"}
        audio.input.turn_detection = {"type":"server_vad","threshold":1,"prefix_padding_ms":0,"silence_duration_ms":200,"idle_timeout_ms":5000,"create_response":true,"interrupt_response":false}
        audio.input.turn_detection = {"type":"server_vad","idle_timeout_ms":null}
        audio.input.turn_detection = {"type":"server_vad","idle_timeout_ms":30000}
        audio.input.turn_detection = {"type":"semantic_vad","eagerness":"auto","create_response":true,"interrupt_response":true}
        audio.output.voice = "marin"
        audio.output.voice = "brand-new"
        audio.output.voice = {"id":"voice_1"}
        audio.output.speed = 0.25
        audio.output.speed = 1
        audio.output.speed = 1.5
        include = ["item.input_audio_transcription.logprobs"]
        include = []
        tools = []
        tools = [{"type":"function","name":"f","description":"d","parameters":{"type":"object","anything":[1]}}]
        tools = [{"type":"function","name":"f"},{"type":"mcp","server_label":"l","server_url":"https://x"}]
        tools = [{"type":"mcp","server_label":"l","connector_id":"connector_gmail","authorization":"s","headers":{"a":"b"},"server_description":"d","allowed_tools":["t"],"allowed_callers":["direct","programmatic"],"require_approval":"never","defer_loading":true}]
        tools = [{"type":"mcp","server_label":"l","tunnel_id":"tunnel_0123456789abcdefghijklmnopqrstuv","headers":null,"allowed_tools":{"tool_names":[],"read_only":true},"allowed_callers":null,"require_approval":{"always":{"read_only":false},"never":{"tool_names":["t"]}}}]
        tools = [{"type":"mcp","server_label":"l","server_url":"https://x","allowed_tools":null,"require_approval":null}]
        tool_choice = "auto"
        tool_choice = "none"
        tool_choice = "required"
        tool_choice = {"type":"function","name":"f"}
        tool_choice = {"type":"mcp","server_label":"l"}
        tool_choice = {"type":"mcp","server_label":"l","name":null}
        parallel_tool_calls = false
        reasoning = {}
        reasoning.effort = "xhigh"
        reasoning.effort = "minimal"
        max_output_tokens = 1
        max_output_tokens = 4096
        max_output_tokens = "inf"
        max_output_tokens = 5000
        tracing = null
        tracing = "auto"
        tracing = {"workflow_name":"w","group_id":"g","metadata":{"a":[1]}}
        truncation = "auto"
        truncation = "disabled"
        truncation = {"type":"retention_ratio","retention_ratio":0.8,"token_limits":{"post_instructions":0}}
        prompt = null
        prompt = {"id":"p"}
        prompt = {"id":"p","version":"2","variables":{"a":1}}
        prompt = {"id":"p","version":null,"variables":null}
        """#)
}

extension JSON {
    /// A body with a realtime session of which one member is set, by its dotted path.
    static func realtimeBody(_ path: String, _ value: String) -> JSON {
        let path = ["session"] + path.split(separator: ".").map(String.init)
        return JSON.object(["session": ["type": "realtime"]]).replacing(.parsed(value), at: path)
    }
}
