import Sessions
import Testing

/// Each rule of `session` besides audio, with something that breaks it.
struct `The rules of a realtime session` {
    @Test(arguments: [
        ("instructions", "null", "invalid_type", "instructions"),
        ("instructions", "1", "invalid_type", "instructions"),
        ("model", "null", "invalid_type", "model"),
        ("output_modalities", #"["audio","text"]"#, "array_above_max_length", "output_modalities"),
        ("output_modalities", "[]", "empty_array", "output_modalities"),
        ("output_modalities", #""audio""#, "invalid_type", "output_modalities"),
        ("output_modalities", #"["video"]"#, "invalid_value", "output_modalities[0]"),
        ("voice", #""alloy""#, "unknown_parameter", "voice"),
        ("include", #"["logprobs"]"#, "invalid_value", "include[0]"),
        ("include", "null", "invalid_type", "include"),
        ("tools", #"[{"name":"f"}]"#, "missing_required_parameter", "tools[0].type"),
        ("tools", "{}", "invalid_type", "tools"),
        ("tools", #"[{"type":"function","name":"get weather!"}]"#, "invalid_value", "tools[0].name"),
        ("tools", #"[{"type":"function","name":""}]"#, "invalid_value", "tools[0].name"),
        (
            "tools", #"[{"type":"function","name":"f","server_url":"a://b"}]"#, "unknown_parameter",
            "tools[0].server_url"
        ),
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
        ("temperature", "0.8", "unknown_parameter", "temperature"),
        ("tracing", #""on""#, "invalid_value", "tracing"),
        ("tracing", #"{"metadata":1}"#, "invalid_type", "tracing.metadata"),
        ("tracing", "true", "invalid_type", "tracing"),
        ("truncation", #""some""#, "invalid_value", "truncation"),
        ("truncation", "null", "invalid_type", "truncation"),
        ("truncation", #"{"type":"retention_ratio"}"#, "missing_required_parameter", "truncation.retention_ratio"),
        (
            "truncation", #"{"type":"retention_ratio","retention_ratio":1.01}"#, "decimal_above_max_value",
            "truncation.retention_ratio"
        ),
        (
            "truncation", #"{"type":"retention_ratio","retention_ratio":1,"token_limits":{"post_instructions":-1}}"#,
            "integer_below_min_value", "truncation.token_limits.post_instructions"
        ),
        ("prompt", "{}", "missing_required_parameter", "prompt.id"),
        ("prompt", #""p""#, "invalid_type", "prompt"),
        ("prompt", #"{"id":"p","version":2}"#, "invalid_type", "prompt.version"),
        ("prompt", #"{"id":"p","variables":[]}"#, "invalid_type", "prompt.variables"),
    ])
    func `are broken by`(path: String, value: String, code: String, param: String) {
        let violations = Schema.violations(of: .realtimeBody(path, value), for: .realtime)
        #expect(violations.map(\.code) == [code])
        #expect(violations.map(\.path) == ["session.\(param)"])
    }
}
