import JSON
import Sessions
import Testing

/// The table of legacy members, one by one; each row is a file, its GA form, and what is warned of.
struct `The legacy upgrade` {
    @Test(
        arguments: [
            (
                #"{"session":{"voice":"ash"}}"#, #"{"session":{"type":"realtime","audio":{"output":{"voice":"ash"}}}}"#,
                ["session.voice", "session.type"]
            ),
            (
                #"{"session":{"type":"realtime","speed":1.1}}"#,
                #"{"session":{"type":"realtime","audio":{"output":{"speed":1.1}}}}"#, ["session.speed"]
            ),
            (
                #"{"session":{"type":"realtime","modalities":["text","Audio"]}}"#,
                #"{"session":{"type":"realtime","output_modalities":["audio"]}}"#, ["session.modalities"]
            ),
            (
                #"{"session":{"type":"realtime","modalities":["text"]}}"#,
                #"{"session":{"type":"realtime","output_modalities":["text"]}}"#, ["session.modalities"]
            ),
            (
                #"{"session":{"type":"realtime","input_audio_format":"g711_ulaw","output_audio_format":"g711_alaw"}}"#,
                #"{"session":{"type":"realtime","audio":{"input":{"format":{"type":"audio/pcmu"}},"output":{"format":{"type":"audio/pcma"}}}}}"#,
                ["session.input_audio_format", "session.output_audio_format"]
            ),
            (
                #"{"session":{"type":"realtime","input_audio_transcription":{"model":"m","enabled":true,"language":"de"}}}"#,
                #"{"session":{"type":"realtime","audio":{"input":{"transcription":{"model":"m","language":"de"}}}}}"#,
                ["session.input_audio_transcription"]
            ),
            (
                #"{"session":{"type":"realtime","input_audio_transcription":{"model":"m","enabled":false}}}"#,
                #"{"session":{"type":"realtime","audio":{"input":{"transcription":null}}}}"#,
                ["session.input_audio_transcription"]
            ),
            (
                #"{"session":{"type":"realtime","input_audio_transcription":null,"turn_detection":null,"input_audio_noise_reduction":null}}"#,
                #"{"session":{"type":"realtime","audio":{"input":{"transcription":null,"turn_detection":null,"noise_reduction":null}}}}"#,
                ["session.input_audio_transcription", "session.turn_detection", "session.input_audio_noise_reduction"]
            ),
            (
                #"{"session":{"type":"realtime","max_response_output_tokens":"inf","model":"m"}}"#,
                #"{"session":{"type":"realtime","max_output_tokens":"inf","model":"m"}}"#,
                ["session.max_response_output_tokens"]
            ),
            (
                #"{"session":{"type":"realtime","temperature":0.8}}"#, #"{"session":{"type":"realtime"}}"#,
                ["session.temperature"]
            ),
            (
                #"{"session":{"type":"realtime","tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{}}},{"type":"function","name":"g"}]}}"#,
                #"{"session":{"type":"realtime","tools":[{"type":"function","name":"f","description":"d","parameters":{}},{"type":"function","name":"g"}]}}"#,
                ["session.tools[0].function"]
            ),
            (
                #"{"session":{"type":"realtime","tools":[{"function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"f"}}}}"#,
                #"{"session":{"type":"realtime","tools":[{"type":"function","name":"f"}],"tool_choice":{"type":"function","name":"f"}}}"#,
                ["session.tools[0].function", "session.tool_choice.function"]
            ),
            (
                #"{"session":{"type":"realtime","client_secret":{"expires_after":{"anchor":"created_at","seconds":60}}}}"#,
                #"{"session":{"type":"realtime"},"expires_after":{"anchor":"created_at","seconds":60}}"#,
                ["session.client_secret.expires_after"]
            ),
            (
                #"{"client_secret":{"expires_after":{"anchor":"created_at","seconds":60}},"session":{"type":"realtime"}}"#,
                #"{"session":{"type":"realtime"},"expires_after":{"anchor":"created_at","seconds":60}}"#,
                ["client_secret.expires_after"]
            ),
            (
                #"{"session":{"client_secret":{"expires_at":{"anchor":"created_at","seconds":60}},"input_audio_format":"pcm16","modalities":["text"]}}"#,
                #"{"session":{"type":"transcription","audio":{"input":{"format":{"type":"audio/pcm","rate":24000}}}},"expires_after":{"anchor":"created_at","seconds":60}}"#,
                [
                    "session.client_secret.expires_at", "session.input_audio_format", "session.modalities",
                    "session.type",
                ]
            ),
            (
                #"{"session":{"input_audio_transcription":{"model":"gpt-transcribe"}}}"#,
                #"{"session":{"type":"transcription","audio":{"input":{"transcription":{"model":"gpt-transcribe"}}}}}"#,
                ["session.input_audio_transcription", "session.type"]
            ),
            (
                #"{"session":{"instructions":"i","input_audio_transcription":null}}"#,
                #"{"session":{"type":"realtime","instructions":"i","audio":{"input":{"transcription":null}}}}"#,
                ["session.input_audio_transcription", "session.type"]
            ),
            (
                #"{"session":{"voice":"ash","input_audio_transcription":null}}"#,
                #"{"session":{"type":"realtime","audio":{"output":{"voice":"ash"},"input":{"transcription":null}}}}"#,
                ["session.voice", "session.input_audio_transcription", "session.type"]
            ),
            (
                #"{"model":"m","voice":"ash","access":{"limits":{}},"client_secret":{"expires_after":{"seconds":60,"anchor":"created_at"}},"answer":"full"}"#,
                #"{"session":{"type":"realtime","model":"m","audio":{"output":{"voice":"ash"}}},"access":{"limits":{}},"answer":"full","expires_after":{"seconds":60,"anchor":"created_at"}}"#,
                ["", "client_secret.expires_after", "voice", "type"]
            ),
            (#"{"type":"realtime","model":"m"}"#, #"{"session":{"type":"realtime","model":"m"}}"#, [""]),
            (
                #"{"session":{"type":"realtime","voice":"ash","include":[],"audio":{"input":{"turn_detection":null},"output":{"speed":1}}}}"#,
                #"{"session":{"type":"realtime","audio":{"input":{"turn_detection":null},"output":{"speed":1,"voice":"ash"}},"include":[]}}"#,
                ["session.voice"]
            ),
            (
                #"{"session":{"type":"realtime","audio":{"input":{"format":"g711_alaw"},"output":{"format":"pcm16"}}}}"#,
                #"{"session":{"type":"realtime","audio":{"input":{"format":{"type":"audio/pcma"}},"output":{"format":{"type":"audio/pcm","rate":24000}}}}}"#,
                ["session.audio.input.format", "session.audio.output.format"]
            ),
            (
                #"{"type":"realtime","input_audio_format":{"type":"audio/pcm"}}"#,
                #"{"session":{"type":"realtime","audio":{"input":{"format":{"type":"audio/pcm","rate":24000}}}}}"#,
                ["", "input_audio_format", "audio.input.format.rate"]
            ),
            (
                #"{"session":{"type":"realtime","config":{"speed":1.1,"audio":{}},"tools":[]}}"#,
                #"{"session":{"type":"realtime","audio":{"output":{"speed":1.1}},"tools":[]}}"#,
                ["session.config", "session.speed"]
            ),
            (#"{"session":{"type":"realtime","config":7}}"#, nil, []),
            (#"{"session":{"type":"realtime","config":{"config":{}}}}"#, nil, []),
            (#"{"session":{"type":"realtime"},"config":{}}"#, nil, []),
            (#"{"session":{"type":"realtime","audio":{"input":{"format":"opus"}}}}"#, nil, []),
            (#"{"session":{"type":"realtime","audio":{"input":{"format":{"type":"audio/pcm","rate":8}}}}}"#, nil, []),
            (#"{"session":{"type":"realtime","audio":{"output":{"format":{"type":"audio/pcmu"}}}}}"#, nil, []),
            (#"{"session":{"model":"gpt-realtime-translate","audio":{"input":{"format":"pcm16"}}}}"#, nil, []),
            (#"{"session":{"audio":{"output":{"language":"es"}},"model":"m"}}"#, nil, []),
            (#"{"session":{"model":"gpt-realtime-translate"}}"#, nil, []),
            (#"{"session":{"type":"realtime","voice":"ash","audio":{"output":{"voice":"marin"}}}}"#, nil, []),
            (#"{"session":{"type":"realtime","voice":"ash","audio":7}}"#, nil, []),
            (#"{"session":7}"#, nil, []), ("[]", nil, []), ("{}", nil, []), (#"{"other":1}"#, nil, []),
            (#"{"access":{}}"#, nil, []),
            (#"{"session":{"type":"realtime"},"voice":"ash"}"#, nil, []),
            (#"{"session":{"type":"realtime"},"client_secret":{"value":"ek"}}"#, nil, []),
            (
                #"{"session":{"type":"realtime"},"client_secret":{"expires_after":{"seconds":60}},"expires_after":{"anchor":"created_at","seconds":10}}"#,
                nil, []
            ),
        ] as [(String, String?, [String])])
    func `carries over`(file: String, expected: String?, paths: [String]) throws {
        let upgraded = try SessionFile.upgraded(Array(file.utf8))
        #expect(try upgraded.map { try JSON(parsing: $0).description } == expected)
        if let upgraded { #expect(try SessionFile.upgraded(upgraded) == nil) }
        let warnings = try SessionDirectory(["x.json": file]).load().findings
            .filter {
                !$0.message.contains("ends on") && !$0.message.contains("OpenAI chooses")
                    && !$0.message.contains("not known here")
            }
        #expect(warnings.filter { $0.severity == .warning }.map(\.path) == paths)
    }

    @Test
    func `leaves a legacy member that would meet its successor, and says so`() throws {
        let file =
            #"{"session":{"type":"realtime","model":"gpt-realtime-2.1","voice":"ash","audio":{"output":{"voice":"marin"}}}}"#
        #expect(
            try SessionDirectory.findings(in: file) == [
                "error session.voice: is not known; it is the legacy name of session.audio.output.voice"
            ])
    }

    @Test
    func `writes prettily and keeps what is ours`() throws {
        let file =
            #"{"session":{"type":"realtime","speed":0.80},"access":{"origins":["https://a.example"]},"answer":"full"}"#
        let text = String(decoding: try #require(try SessionFile.upgraded(Array(file.utf8))), as: UTF8.self)
        #expect(
            text == """
                {
                  "session": {
                    "type": "realtime",
                    "audio": {
                      "output": {
                        "speed": 0.80
                      }
                    }
                  },
                  "access": {
                    "origins": ["https://a.example"]
                  },
                  "answer": "full"
                }

                """)
    }
}
