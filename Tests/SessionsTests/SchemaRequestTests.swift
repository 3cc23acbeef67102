import JSON
import Sessions
import TestTools
import Testing

/// The request body around `session`, the kinds, and the rules between members.
struct `The rules of a mint request` {
    /// Each row is the kind and the body; below it the codes and the members of OpenAI's errors.
    @Test(arguments: bodies)
    func `hold`(verdict: Verdict) throws {
        let (kind, body) = try verdict.kindAndJSON
        #expect(Schema.violations(of: body, for: kind).map { "\($0.code) \($0.path)" } == verdict.findings)
    }

    @Test(arguments: [
        "model", "instructions", "output_modalities", "tools", "tool_choice", "tracing", "truncation", "prompt",
        "reasoning",
        "max_output_tokens", "parallel_tool_calls",
    ])
    func `refuse it in a transcription session`(member: String) {
        let body: JSON = ["session": .object(JSONObject([("type", "transcription"), (member, "x")]))]
        #expect(Schema.violations(of: body, for: .transcription).map(\.path) == ["session.\(member)"])
    }

    /// Each row is the kind and `audio.input`; below it the members below `audio.input` that are refused.
    @Test(arguments: inputs)
    func `hold between members`(verdict: Verdict) throws {
        let (kind, input) = try verdict.kindAndJSON
        let body: JSON = ["session": ["type": .string(kind.rawValue), "audio": ["input": input]]]
        let paths = Schema.violations(of: body, for: kind).map(\.path)
        #expect(paths == verdict.findings.map { "session.audio.input.\($0)" })
    }

    @Test(arguments: messages)
    func `have OpenAI's messages`(verdict: Verdict) {
        let violations = Schema.violations(of: ["session": .parsed(verdict.testDescription)], for: .realtime)
        #expect(violations.prefix(1).map(\.message) == verdict.findings)
    }

    @Test
    func `name the routes of each kind`() {
        #expect(SessionKind.realtime.mintPath == "realtime/client_secrets")
        #expect(SessionKind.transcription.mintPath == "realtime/client_secrets")
        #expect(SessionKind.translation.mintPath == "realtime/translations/client_secrets")
        #expect(SessionKind.transcription.callsPath == "realtime/calls")
        #expect(SessionKind.translation.callsPath == "realtime/translations/calls")
        #expect(SessionKind.live.mintPath == nil)
        #expect(SessionKind.live.callsPath == "live/sessions")
    }

    private static let bodies = Verdict.table(
        #"""
        realtime {"session":{"type":"realtime"}}
        realtime {"session":{"type":"realtime"},"expires_after":{"anchor":"created_at","seconds":10}}
        realtime {"session":{"type":"realtime"},"expires_after":{"anchor":"created_at","seconds":7200}}
        realtime {"session":{"type":"realtime"},"expires_after":{"seconds":9}}
          integer_below_min_value expires_after.seconds
        realtime {"session":{"type":"realtime"},"expires_after":{"seconds":7201}}
          integer_above_max_value expires_after.seconds
        realtime {"session":{"type":"realtime"},"expires_after":{"anchor":"now"}}
          invalid_value expires_after.anchor
        realtime {"session":{"type":"realtime"},"expires_after":null}
          invalid_type expires_after
        realtime {"access":{},"session":{"type":"realtime"}}
          unknown_parameter access
        realtime {}
          missing_required_parameter session
        realtime []
          invalid_type 
        realtime {"session":{}}
          missing_required_parameter session.type
        realtime {"session":{"type":"voice"}}
          invalid_value session.type
        realtime {"session":{"b":1,"type":"realtime","a":2}}
          unknown_parameter session.b
          unknown_parameter session.a
        realtime {"session":{"type":"realtime","tools":[{"type":"function","function":{"name":"f"}}]}}
          missing_required_parameter session.tools[0].name
          unknown_parameter session.tools[0].function
        transcription {"session":{"type":"transcription"}}
        transcription {"session":{"type":"transcription","include":[],"audio":{"input":{"format":{"type":"audio/pcmu"},"transcription":null,"noise_reduction":null,"turn_detection":null}}}}
        transcription {"session":{"type":"transcription","audio":{"output":{}}}}
          unknown_parameter session.audio.output
        translation {"session":{"type":"translation","model":"gpt-realtime-translate"}}
          unknown_parameter session.type
        translation {"session":{"model":"gpt-realtime-translate"}}
        translation {"session":{"model":"m","audio":{"input":{"transcription":{"model":"x"},"noise_reduction":{"type":"near_field","strength":1}},"output":{"language":"es"}}}}
        translation {"session":{"model":"m","audio":{"input":{"transcription":null,"noise_reduction":null}}}}
        translation {"session":{"audio":{"input":{"transcription":{},"noise_reduction":{}},"output":{"language":1}}}}
          missing_required_parameter session.model
          missing_required_parameter session.audio.input.transcription.model
          missing_required_parameter session.audio.input.noise_reduction.type
          invalid_type session.audio.output.language
        translation {"session":{"model":"m","audio":{"output":{"voice":"marin"}}}}
          unknown_parameter session.audio.output.voice
        """#)

    private static let inputs = Verdict.table(
        #"""
        realtime {"transcription":{"model":"gpt-realtime-whisper","prompt":"x"}}
          transcription.prompt
        realtime {"transcription":{"model":"gpt-transcribe","prompt":"x"}}
        transcription {"transcription":{"model":"gpt-realtime-whisper"},"turn_detection":{"type":"server_vad"}}
          turn_detection
        transcription {"transcription":{"model":"gpt-realtime-whisper"},"turn_detection":null}
        transcription {"transcription":{"model":"gpt-realtime-whisper"}}
          turn_detection
        transcription {"transcription":{"model":"gpt-live-transcribe"}}
          turn_detection
        transcription {"transcription":{"model":"gpt-live-transcribe-2026-10-01"}}
          turn_detection
        transcription {"transcription":{"model":"gpt-live-transcribe"},"turn_detection":{"type":"semantic_vad"}}
          turn_detection
        transcription {"transcription":{"model":"gpt-live-transcribe"},"turn_detection":null}
        transcription {"transcription":{"model":"gpt-transcribe"}}
        realtime {"transcription":{"model":"gpt-live-transcribe"}}
        realtime {"transcription":{"model":"gpt-transcribe","language":"de","languages":["de"]}}
          transcription.language
        realtime {"transcription":{"model":"whisper-1","keywords":["x"]}}
          transcription.keywords
        realtime {"transcription":{"model":"deployment","keywords":["x"]}}
        realtime {"transcription":{"model":"whisper-1","languages":["de"]}}
        transcription {"transcription":{"model":"gpt-transcribe"},"turn_detection":{"type":"server_vad"}}
        realtime {"transcription":{"model":"gpt-realtime-whisper"},"turn_detection":{"type":"server_vad"}}
        """#)

    private static let messages = Verdict.table(
        #"""
        {"type":"realtime","voice":"alloy"}
          Unknown parameter: 'session.voice'.
        {}
          Missing required parameter: 'session.type'.
        {"type":"realtime","tools":7}
          Invalid type for 'session.tools': expected an array, but got an integer instead.
        {"type":"realtime","max_output_tokens":true}
          Invalid type for 'session.max_output_tokens': expected an integer or a string, but got a boolean instead.
        {"type":"realtime","tracing":1.5}
          Invalid type for 'session.tracing': expected null, a string, or an object, but got a decimal instead.
        {"type":"realtime","tool_choice":"any"}
          Invalid value: 'any'. Supported values are: 'none', 'auto', and 'required'.
        {"type":"live"}
          Invalid value: 'live'. Supported values are: 'realtime' and 'transcription'.
        {"type":"realtime","audio":{"output":{"speed":2.0}}}
          Invalid 'session.audio.output.speed': decimal above maximum value. Expected a value <= 1.5, but got 2.0 instead.
        {"type":"realtime","truncation":{"type":"retention_ratio","retention_ratio":-1}}
          Invalid 'session.truncation.retention_ratio': integer below minimum value. Expected a value >= 0, but got -1 instead.
        {"type":"realtime","output_modalities":[]}
          Invalid 'session.output_modalities': empty array. Expected an array with minimum length 1, but got an empty array instead.
        {"type":"realtime","output_modalities":["text","audio"]}
          Invalid 'session.output_modalities': array too long. Expected an array with maximum length 1, but got an array with length 2 instead.
        """#)
}

extension Verdict {
    /// The kind of session and the JSON in the first line.
    fileprivate var kindAndJSON: (SessionKind, JSON) {
        get throws {
            let parts = testDescription.split(separator: " ", maxSplits: 1).map(String.init)
            return (try #require(SessionKind(rawValue: parts[0])), .parsed(parts[1]))
        }
    }
}
