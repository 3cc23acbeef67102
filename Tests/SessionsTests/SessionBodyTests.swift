import JSON
import Sessions
import Text
import TestTools
import Testing

/// What a request may change in a session, and what it must not change.
struct `The body of a session` {
    private static let file = #"""
        {"session":{"type":"realtime","model":"gpt-realtime-2.1","instructions":"You help {{customer}} of {{shop}}, {{customer}}.",
          "audio":{"input":{"transcription":{"model":"gpt-realtime-whisper"}},"output":{"voice":"marin"}}},
         "access":{"variables":{"customer":{"maxLength":10},"shop":{"maxLength":3,"pattern":"[a-z]+\n?"}},
          "overrides":{"audio.output.voice":["marin",{"id":"voice_1"}],"audio.output.speed":{"min":0.8,"max":1.2},
           "audio.input.turn_detection":[null,{"type":"semantic_vad","eagerness":"low"}],
           "audio.input.transcription.model":["gpt-transcribe","gpt-realtime-whisper"],
           "audio.input.transcription.prompt":{"maxLength":5},"audio.input.transcription.language":{"maxLength":9,"pattern":"[a-z]{2}(-[A-Z]{2})?"},
           "tracing.workflow_name":{"maxLength":20},"max_output_tokens":{"min":100,"max":200}}}}
        """#
    private static let variables: JSONObject = ["customer": "Ann", "shop": "ab"]

    private static func session(overrides: JSONObject, variables: JSONObject = variables) throws -> JSON {
        let session = try SessionDirectory.session(file)
        let body = try JSON(parsing: session.body(overrides: overrides, variables: variables))
        #expect(Schema.violations(of: body, for: .realtime) == [])
        let configuration = try session.configuration(overrides: overrides, variables: variables)
        #expect(.object(configuration) == body["session"])
        return body["session"] ?? .null
    }

    @Test(arguments: [
        ("audio.output.voice", #"{"id":"voice_1"}"#, #"{"id":"voice_1"}"#),
        ("audio.output.voice", #""marin""#, #""marin""#),
        ("audio.output.speed", "0.8", "0.8"), ("audio.output.speed", "1.20", "1.2"), ("audio.output.speed", "1e0", "1"),
        ("audio.input.turn_detection", "null", "null"),
        (
            "audio.input.turn_detection", #"{"eagerness":"low","type":"semantic_vad"}"#,
            #"{"type":"semantic_vad","eagerness":"low"}"#
        ),
        ("audio.input.transcription.language", #""de""#, #""de""#),
        ("tracing.workflow_name", #""a \"b\"""#, #""a \"b\"""#), ("max_output_tokens", "150", "150"),
    ])
    func `accepts an override that the file allows`(name: String, value: String, sent: String) throws {
        let session = try Self.session(overrides: JSONObject([(name, .parsed(value))]))
        let found = name.split(separator: ".").reduce(session) { $0[String($1)] ?? "absent" }
        #expect(found.description == sent)
    }

    @Test(arguments: refused)
    func `refuses an override that the file does not allow`(verdict: Verdict) throws {
        let parts = verdict.testDescription.split(separator: " = ").map(String.init)
        let error = try #require(throws: Invalid.self) {
            try Self.session(overrides: JSONObject([(parts[0], .parsed(parts[1]))]))
        }
        #expect(["\(error.part ?? "") \(error.reason)"] == verdict.findings)
    }

    private static let refused = Verdict.table(
        #"""
        audio.output.voice = "cedar"
          overrides.audio.output.voice must be "marin" or {"id":"voice_1"}
        audio.output.voice = {"id":"voice_1","x":1}
          overrides.audio.output.voice must be "marin" or {"id":"voice_1"}
        audio.output.speed = 0.79
          overrides.audio.output.speed must be a number from 0.8 to 1.2
        audio.output.speed = 1.21
          overrides.audio.output.speed must be a number from 0.8 to 1.2
        audio.output.speed = 1e400
          overrides.audio.output.speed must be a number from 0.8 to 1.2
        audio.output.speed = "1"
          overrides.audio.output.speed must be a number from 0.8 to 1.2
        audio.input.transcription.prompt = "123456"
          overrides.audio.input.transcription.prompt must have at most 5 characters, has 6
        audio.input.transcription.prompt = 7
          overrides.audio.input.transcription.prompt must be a string
        audio.input.transcription.prompt = "12345"
          overrides.audio.input.transcription.prompt the model 'gpt-realtime-whisper' does not accept it
        audio.input.transcription.language = "DE"
          overrides.audio.input.transcription.language must match [a-z]{2}(-[A-Z]{2})?
        max_output_tokens = 150.5
          overrides.max_output_tokens must be an integer or a string, is a decimal
        instructions = "x"
          overrides.instructions may not be changed in this session
        model = "gpt-realtime"
          overrides.model may not be changed in this session
        audio = {}
          overrides.audio may not be changed in this session
        session.audio.output.voice = "marin"
          overrides.session.audio.output.voice may not be changed in this session
        """#)

    @Test
    func `accepts two overrides that are valid together`() throws {
        let overrides: JSONObject = [
            "audio.input.transcription.prompt": "Hi", "audio.input.transcription.model": "gpt-transcribe",
        ]
        let session = try Self.session(overrides: overrides)
        #expect(session["audio"]?["input"]?["transcription"] == ["model": "gpt-transcribe", "prompt": "Hi"])
    }

    @Test(arguments: [
        ("Ann", "You help Ann of ab, Ann."), (#"A","x":1"#, #"You help A","x":1 of ab, A","x":1."#),
        ("{{shop}}", "You help {{shop}} of ab, {{shop}}."),
        ("{{", "You help {{ of ab, {{."), ("", "You help  of ab, ."),
        ("éèêëēėęñńň", "You help éèêëēėęñńň of ab, éèêëēėęñńň."), (#"\u0022"#, #"You help \u0022 of ab, \u0022."#),
    ])
    func `puts a variable in as text`(value: String, instructions: String) throws {
        let session = try Self.session(overrides: [:], variables: ["customer": .string(value), "shop": "ab"])
        #expect(session["instructions"] == .string(instructions))
        #expect(session.objectValue?.names == ["type", "model", "instructions", "audio"])
    }

    @Test(
        arguments: [
            (["shop": "ab"], "variables.customer is required"), (["customer": "Ann"], "variables.shop is required"),
            ([:], "variables.customer is required"),
            (["customer": "Ann", "shop": "ab", "other": "x"], "variables.other is not a variable of this session"),
            (["customer": 7, "shop": "ab"], "variables.customer must be a string, is an integer"),
            (["customer": "12345678901", "shop": "ab"], "variables.customer must have at most 10 characters, has 11"),
            (
                ["customer": "a\nb", "shop": "ab"],
                "variables.customer must not contain line breaks or other control characters"
            ),
            (
                ["customer": "a\u{2028}b", "shop": "ab"],
                "variables.customer must not contain line breaks or other control characters"
            ),
            (
                ["customer": "a\u{85}b", "shop": "ab"],
                "variables.customer must not contain line breaks or other control characters"
            ),
            (["customer": "Ann", "shop": "AB"], "variables.shop must match [a-z]+\n?"),
        ] as [(JSONObject, String)])
    func `refuses variables that the file does not allow`(variables: JSONObject, message: String) throws {
        let error = try #require(throws: Invalid.self) { try Self.session(overrides: [:], variables: variables) }
        #expect("\(error.part ?? "") \(error.reason)" == message)
    }

    @Test
    func `lets a pattern allow a line break`() throws {
        let session = try Self.session(overrides: [:], variables: ["customer": "Ann", "shop": "a\n"])
        #expect(session["instructions"] == "You help Ann of a\n, Ann.")
    }

    @Test
    func `is not built again for a request without changes`() throws {
        let session = try SessionDirectory.session(#"{"session":{"type":"realtime","model":"gpt-realtime-2.1"}}"#)
        #expect(try session.body(overrides: [:], variables: [:]) == session.body)
        #expect(throws: Invalid.self) { try session.body(overrides: [:], variables: ["x": "y"]) }
        #expect(throws: Invalid.self) { try session.body(overrides: ["x": "y"], variables: [:]) }
    }
}
