import JSON
import Sessions
import TestTools
import Testing

/// The configuration of the Node.js Express server that this program replaces, byte for byte.
struct `The Express server's configuration` {
    private static let literal = """
        {
            session: {
                type: "realtime",
                model: "gpt-realtime",
                voice: "alloy",
                instructions: "You are a helpful assistant. Speak clearly and concisely.",
                modalities: ["audio", "text"],
                input_audio_format: "pcm16",
                output_audio_format: "pcm16",
                input_audio_transcription: {
                    model: "whisper-1"
                },
                turn_detection: {
                    type: "server_vad",
                    threshold: 0.5,
                    prefix_padding_ms: 300,
                    silence_duration_ms: 200
                },
                tools: [],
                tool_choice: "auto",
                temperature: 0.8
            }
        }
        """

    private static let body = """
        {"session":{"type":"realtime","model":"gpt-realtime","audio":{"output":{"voice":"alloy",\
        "format":{"type":"audio/pcm","rate":24000}},"input":{"format":{"type":"audio/pcm","rate":24000},\
        "transcription":{"model":"whisper-1"},"turn_detection":{"type":"server_vad","threshold":0.5,\
        "prefix_padding_ms":300,"silence_duration_ms":200}}},\
        "instructions":"You are a helpful assistant. Speak clearly and concisely.","output_modalities":["audio"],\
        "tools":[],"tool_choice":"auto"}}
        """

    @Test(arguments: [
        literal, "const sessionConfig = \(literal);", "export default \(literal)", "module.exports = \(literal);\n",
        "session_config = \(literal)", "\n// from server.js\nconst sessionConfig = \(literal); /* end */",
    ])
    func `is a session file as it stands`(text: String) throws {
        let session = try SessionDirectory.session(text)
        #expect(String(decoding: session.body, as: UTF8.self) == Self.body)
        #expect(Schema.violations(of: try JSON(parsing: session.body), for: .realtime) == [])
    }

    @Test
    func `has one warning for each field that was upgraded`() throws {
        #expect(
            try SessionDirectory.findings(in: Self.literal) == [
                "warning 2:5: the file is a JavaScript object literal, not JSON; ephemerald check --fix writes JSON",
                "warning session.voice: is the legacy name of session.audio.output.voice",
                "warning session.modalities: is the legacy name of session.output_modalities",
                "warning session.input_audio_format: is the legacy name of session.audio.input.format",
                "warning session.output_audio_format: is the legacy name of session.audio.output.format",
                "warning session.input_audio_transcription: is the legacy name of session.audio.input.transcription",
                "warning session.turn_detection: is the legacy name of session.audio.input.turn_detection",
                "warning session.temperature: the GA interface has no temperature; dropped",
                "warning session.model: gpt-realtime ends on 2027-01-20 (in 59 days); use gpt-realtime-2.1",
                "warning session.audio.input.transcription.model: whisper-1 ends on 2027-02-26 (in 96 days); "
                    + "use gpt-transcribe",
            ])
    }

    @Test
    func `is what OpenAI refuses when it is sent as it stands`() throws {
        let sent = """
            {"session":{"type":"realtime","model":"gpt-realtime","voice":"alloy","modalities":["audio"],"temperature":0.8}}
            """
        let violations = Schema.violations(of: .parsed(sent), for: .realtime)
        #expect(violations.first?.message == "Unknown parameter: 'session.voice'.")
        #expect(violations.map(\.path) == ["session.voice", "session.modalities", "session.temperature"])
    }

    @Test
    func `is rewritten as JSON in the GA shape, once`() throws {
        let fixed = try #require(try SessionFile.upgraded(Array(Self.literal.utf8)))
        #expect(try JSON(parsing: fixed) == .parsed(Self.body))
        #expect(try SessionFile.upgraded(fixed) == nil)
    }
}
