import Sessions
import Testing

/// The messages about a session: place, what is wrong, what to write instead.
struct `The findings about a session` {
    /// A file with a session of that member, a type and a model.
    private static func file(_ member: String, and rest: String = "") -> String {
        #"{"session":{"type":"realtime","model":"gpt-realtime-2.1",\#(member)}\#(rest)}"#
    }

    @Test(arguments: members)
    func `say what is wrong and what to write instead`(verdict: Verdict) throws {
        #expect(try SessionDirectory.findings(in: Self.file(verdict.testDescription)) == verdict.findings)
    }

    private static let members = Verdict.table(
        #"""
        "audio":{"output":{"speed":2}}
          error session.audio.output.speed: must be 0.25 to 1.5, is 2
        "audio":{"input":{"turn_detection":{"type":"server_vad","idle_timeout_ms":10}}}
          error session.audio.input.turn_detection.idle_timeout_ms: must be 5000 to 30000, is 10
        "audio":{"input":{"turn_detection":{"type":"server_vad","prefix_padding_ms":-1}}}
          error session.audio.input.turn_detection.prefix_padding_ms: must be at least 0, is -1
        "audio":{"output":{"format":{"type":"audio/pcm","rate":16000}}}
          error session.audio.output.format.rate: must be 24000, is 16000
        "max_output_tokens":5000
          warning session.max_output_tokens: must be 1 to 4096, is 5000
        "max_output_tokens":0
          warning session.max_output_tokens: must be 1 to 4096, is 0
        "output_modalities":["audio","text"]
          error session.output_modalities: must have exactly 1 element, has 2; write ["audio"], which comes with a transcript, or ["text"]
        "audio":{"input":{"transcription":{"languages":[]}}}
          warning session.audio.input.transcription.languages: must have at least 1 element, has 0
        "audio":{"input":{"transcription":{"language":"german"}}}
          warning session.audio.input.transcription.language: must be a language code of two letters (ISO 639-1), is "german"
        "audio":{"input":{"transcription":{"language":"DE"}}}
          warning session.audio.input.transcription.language: must be a language code of two letters (ISO 639-1), is "DE"
        "audio":{"input":{"transcription":{"model":"gpt-transcripe"}}}
          warning session.audio.input.transcription.model: "gpt-transcripe" is not a known value and is sent unchanged; did you mean gpt-transcribe?
        "audio":{"output":{"voice":"zebra"}}
          warning session.audio.output.voice: "zebra" is not a known value and is sent unchanged
        "audio":{"output":{"voice":"nova"}}
          error session.audio.output.voice: must be alloy, ash, ballad, coral, echo, sage, shimmer, verse, marin, or cedar, is "nova"
        "tool_choice":"any"
          error session.tool_choice: must be none, auto, or required, is "any"
        "tools":[{"type":"function"}]
          error session.tools[0].name: is required
        "instructions":7
          error session.instructions: must be a string, is an integer
        "audio":{"input":{"format":"opus"}}
          error session.audio.input.format: must be an object, is a string, as in {"type":"audio/pcm","rate":24000}
        "instruction":"x"
          error session.instruction: is not known; did you mean instructions?
        "transcription":null
          error session.transcription: is not known; did you mean session.audio.input.transcription?
        "reasoning":{"depth":1}
          error session.reasoning.depth: is not known; known here: effort
        "audio":{"output":{"volume":1}}
          error session.audio.output.volume: is not known; known here: format, voice, speed
        "audio":{"input":{"transcription":{"model":"gpt-transcribe","delay":"low"}}}
          warning session.audio.input.transcription.delay: only gpt-live-transcribe and gpt-realtime-whisper accept it, and the model is 'gpt-transcribe'
        "audio":{"input":{"transcription":{"model":"gpt-realtime-whisper","keywords":[]}}}
          error session.audio.input.transcription.keywords: only gpt-transcribe and gpt-live-transcribe accept it, and the model is 'gpt-realtime-whisper'
        "audio":{"input":{"transcription":{"model":"gpt-realtime-whisper","languages":["de"]}}}
          warning session.audio.input.transcription.languages: only gpt-transcribe and gpt-live-transcribe accept it, and the model is 'gpt-realtime-whisper'
        "audio":{"input":{"transcription":{"model":"gpt-realtime-whisper","prompt":"p"}}}
          error session.audio.input.transcription.prompt: the model 'gpt-realtime-whisper' does not accept it
        "prompt":{"id":"p"}
          warning session.prompt: session.prompt (a reusable prompt) ends on 2026-11-30 (in 8 days); use session.instructions
        "tool_choice":{"type":"mcp","server_label":"l"}
          warning session.tool_choice.server_label: there is no MCP server "l"
        "audio":{"input":{"transcription":{"model":"whisper-1","language":"de","languages":["de"]}}}
          warning session.audio.input.transcription.languages: only gpt-transcribe and gpt-live-transcribe accept it, and the model is 'whisper-1'
          error session.audio.input.transcription.language: language and languages are refused together; leave out languages
          warning session.audio.input.transcription.model: whisper-1 ends on 2027-02-26 (in 96 days); use gpt-transcribe
        """#)

    @Test(arguments: [
        #""reasoning":{"effort":"low"},"parallel_tool_calls":true"#, #""prompt":null"#, #""max_output_tokens":"inf""#,
        #""audio":{"input":{"transcription":{"model":"gpt-realtime-whisper","delay":"low"}}}"#,
        #""audio":{"input":{"transcription":{"language":"de"}}}"#,
        #""audio":{"input":{"transcription":{"model":"gpt-transcribe","keywords":[],"languages":["de"]}}}"#,
    ])
    func `are empty when nothing is wrong`(member: String) throws {
        #expect(try SessionDirectory.findings(in: Self.file(member)) == [])
    }

    @Test(arguments: sessions)
    func `follow the kind and the model`(verdict: Verdict) throws {
        #expect(try SessionDirectory.findings(in: "{\"session\":\(verdict.testDescription)}") == verdict.findings)
    }

    private static let sessions = Verdict.table(
        #"""
        {"type":"realtime","model":"gpt-realtime-1.5","reasoning":{}}
          warning session.reasoning: only gpt-realtime-2.1, gpt-realtime-2.1-mini, and gpt-realtime-2 accept it, and the model is 'gpt-realtime-1.5'
        {"type":"realtime","model":"gpt-realtime-1.5","parallel_tool_calls":false}
          warning session.parallel_tool_calls: only gpt-realtime-2.1, gpt-realtime-2.1-mini, and gpt-realtime-2 accept it, and the model is 'gpt-realtime-1.5'
        {"type":"realtime","model":"deployment","reasoning":{}}
          warning session.model: "deployment" is not a known value and is sent unchanged
        {"type":"realtime"}
          warning session.model: is not given, so OpenAI chooses the model and may change it
        {"type":"realtime","model":"gpt-live-1"}
          error session.model: is a model of OpenAI's Live API, which has no client secrets: a secret is minted, and the session fails when the browser connects; write "type": "live", or use gpt-realtime-2.1
        {"type":"realtime","model":"gpt-4o-realtime-preview-2024-10-01"}
          error session.model: gpt-4o-realtime-preview-2024-10-01 ended on 2026-05-07; use gpt-realtime-2.1
        {"type":"realtime","model":"gpt-realtime-mini-2025-10-06"}
          warning session.model: gpt-realtime-mini-2025-10-06 ended on 2026-07-23; use gpt-realtime-2.1-mini
        {"type":"voice","model":"gpt-realtime-2.1"}
          error session.type: must be realtime, transcription, translation, or live, is "voice"
        {"type":"transcription","model":"gpt-transcribe"}
          error session.model: is not known; only a realtime session has it; a transcription session has type, audio, and include
        {"type":"transcription","audio":{"input":{"transcription":{"model":"gpt-realtime-whisper"}}}}
          error session.audio.input.turn_detection: the model 'gpt-realtime-whisper' refuses turn detection: write "turn_detection": null, and the page ends each utterance with input_audio_buffer.commit; or use gpt-transcribe, which supports turn detection
        {"type":"transcription","audio":{"input":{"transcription":{"model":"gpt-realtime-whisper"},"turn_detection":null}}}
        {"type":"translation","model":"deployment"}
          warning session.model: "deployment" is not a known value and is sent unchanged
        {"model":"gpt-realtime-translate","instructions":"x"}
          error session.instructions: is not known; only a realtime session has it; a translation session has model and audio
        {"type":"translation"}
          error session.model: is required
        7
          error session: must be an object, is an integer
        """#)
}
