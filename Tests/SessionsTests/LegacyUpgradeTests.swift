import JSON
import Sessions
import Testing

/// The table of legacy members, one by one. Below each file are its GA form, if it differs, and the paths of the warnings.
struct `The legacy upgrade` {
    @Test(arguments: files)
    func `carries over`(row: Verdict) throws {
        let file = row.testDescription
        let upgraded = try SessionFile.upgraded(Array(file.utf8))
        if let upgraded { #expect(try SessionFile.upgraded(upgraded) == nil) }
        let warnings = try SessionDirectory(["x.json": file]).load().findings.filter { finding in
            finding.severity == .warning
                && !["ends on", "OpenAI chooses", "not a known value"].contains { finding.message.contains($0) }
        }
        let found = try upgraded.map { ["-> \(try JSON(parsing: $0))"] } ?? []
        #expect(found + warnings.map { $0.path.isEmpty ? "(file)" : $0.path } == row.findings)
    }

    @Test
    func `does not upgrade a legacy member beside its successor`() throws {
        let file =
            #"{"session":{"type":"realtime","model":"gpt-realtime-2.1","voice":"ash","audio":{"output":{"voice":"marin"}}}}"#
        #expect(
            try SessionDirectory.findings(in: file) == [
                "error session.voice: is not known; it is the legacy name of session.audio.output.voice"
            ])
    }

    @Test
    func `writes a readable layout and keeps our own members`() throws {
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

    private static let files = Verdict.table(
        #"""
        {"session":{"voice":"ash"}}
          -> {"session":{"type":"realtime","audio":{"output":{"voice":"ash"}}}}
          session.voice
          session.type
        {"session":{"type":"realtime","speed":1.1}}
          -> {"session":{"type":"realtime","audio":{"output":{"speed":1.1}}}}
          session.speed
        {"session":{"type":"realtime","modalities":["text","Audio"]}}
          -> {"session":{"type":"realtime","output_modalities":["audio"]}}
          session.modalities
        {"session":{"type":"realtime","modalities":["text"]}}
          -> {"session":{"type":"realtime","output_modalities":["text"]}}
          session.modalities
        {"session":{"type":"realtime","input_audio_format":"g711_ulaw","output_audio_format":"g711_alaw"}}
          -> {"session":{"type":"realtime","audio":{"input":{"format":{"type":"audio/pcmu"}},"output":{"format":{"type":"audio/pcma"}}}}}
          session.input_audio_format
          session.output_audio_format
        {"session":{"type":"realtime","input_audio_transcription":{"model":"m","enabled":true,"language":"de"}}}
          -> {"session":{"type":"realtime","audio":{"input":{"transcription":{"model":"m","language":"de"}}}}}
          session.input_audio_transcription
        {"session":{"type":"realtime","input_audio_transcription":{"model":"m","enabled":false}}}
          -> {"session":{"type":"realtime","audio":{"input":{"transcription":null}}}}
          session.input_audio_transcription
        {"session":{"type":"realtime","input_audio_transcription":null,"turn_detection":null,"input_audio_noise_reduction":null}}
          -> {"session":{"type":"realtime","audio":{"input":{"transcription":null,"turn_detection":null,"noise_reduction":null}}}}
          session.input_audio_transcription
          session.turn_detection
          session.input_audio_noise_reduction
        {"session":{"type":"realtime","max_response_output_tokens":"inf","model":"m"}}
          -> {"session":{"type":"realtime","max_output_tokens":"inf","model":"m"}}
          session.max_response_output_tokens
        {"session":{"type":"realtime","temperature":0.8}}
          -> {"session":{"type":"realtime"}}
          session.temperature
        {"session":{"type":"realtime","tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{}}},{"type":"function","name":"g"}]}}
          -> {"session":{"type":"realtime","tools":[{"type":"function","name":"f","description":"d","parameters":{}},{"type":"function","name":"g"}]}}
          session.tools[0].function
        {"session":{"type":"realtime","tools":[{"function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"f"}}}}
          -> {"session":{"type":"realtime","tools":[{"type":"function","name":"f"}],"tool_choice":{"type":"function","name":"f"}}}
          session.tools[0].function
          session.tool_choice.function
        {"session":{"type":"realtime","client_secret":{"expires_after":{"anchor":"created_at","seconds":60}}}}
          -> {"session":{"type":"realtime"},"expires_after":{"anchor":"created_at","seconds":60}}
          session.client_secret.expires_after
        {"client_secret":{"expires_after":{"anchor":"created_at","seconds":60}},"session":{"type":"realtime"}}
          -> {"session":{"type":"realtime"},"expires_after":{"anchor":"created_at","seconds":60}}
          client_secret.expires_after
        {"session":{"client_secret":{"expires_at":{"anchor":"created_at","seconds":60}},"input_audio_format":"pcm16","modalities":["text"]}}
          -> {"session":{"type":"transcription","audio":{"input":{"format":{"type":"audio/pcm","rate":24000}}}},"expires_after":{"anchor":"created_at","seconds":60}}
          session.client_secret.expires_at
          session.input_audio_format
          session.modalities
          session.type
        {"session":{"input_audio_transcription":{"model":"gpt-transcribe"}}}
          -> {"session":{"type":"transcription","audio":{"input":{"transcription":{"model":"gpt-transcribe"}}}}}
          session.input_audio_transcription
          session.type
        {"session":{"instructions":"i","input_audio_transcription":null}}
          -> {"session":{"type":"realtime","instructions":"i","audio":{"input":{"transcription":null}}}}
          session.input_audio_transcription
          session.type
        {"session":{"voice":"ash","input_audio_transcription":null}}
          -> {"session":{"type":"realtime","audio":{"output":{"voice":"ash"},"input":{"transcription":null}}}}
          session.voice
          session.input_audio_transcription
          session.type
        {"model":"m","voice":"ash","access":{"limits":{}},"client_secret":{"expires_after":{"seconds":60,"anchor":"created_at"}},"answer":"full"}
          -> {"session":{"type":"realtime","model":"m","audio":{"output":{"voice":"ash"}}},"access":{"limits":{}},"answer":"full","expires_after":{"seconds":60,"anchor":"created_at"}}
          (file)
          client_secret.expires_after
          voice
          type
        {"type":"realtime","model":"m"}
          -> {"session":{"type":"realtime","model":"m"}}
          (file)
        {"session":{"type":"realtime","voice":"ash","include":[],"audio":{"input":{"turn_detection":null},"output":{"speed":1}}}}
          -> {"session":{"type":"realtime","audio":{"input":{"turn_detection":null},"output":{"speed":1,"voice":"ash"}},"include":[]}}
          session.voice
        {"session":{"type":"realtime","audio":{"input":{"format":"g711_alaw"},"output":{"format":"pcm16"}}}}
          -> {"session":{"type":"realtime","audio":{"input":{"format":{"type":"audio/pcma"}},"output":{"format":{"type":"audio/pcm","rate":24000}}}}}
          session.audio.input.format
          session.audio.output.format
        {"type":"realtime","input_audio_format":{"type":"audio/pcm"}}
          -> {"session":{"type":"realtime","audio":{"input":{"format":{"type":"audio/pcm","rate":24000}}}}}
          (file)
          input_audio_format
          audio.input.format.rate
        {"session":{"type":"realtime","config":{"speed":1.1,"audio":{}},"tools":[]}}
          -> {"session":{"type":"realtime","audio":{"output":{"speed":1.1}},"tools":[]}}
          session.config
          session.speed
        {"session":{"type":"realtime","config":7}}
        {"session":{"type":"realtime","config":{"config":{}}}}
        {"session":{"type":"realtime"},"config":{}}
        {"session":{"type":"realtime","audio":{"input":{"format":"opus"}}}}
        {"session":{"type":"realtime","audio":{"input":{"format":{"type":"audio/pcm","rate":8}}}}}
        {"session":{"type":"realtime","audio":{"output":{"format":{"type":"audio/pcmu"}}}}}
        {"session":{"model":"gpt-realtime-translate","audio":{"input":{"format":"pcm16"}}}}
        {"session":{"audio":{"output":{"language":"es"}},"model":"m"}}
        {"session":{"model":"gpt-realtime-translate"}}
        {"session":{"type":"realtime","voice":"ash","audio":{"output":{"voice":"marin"}}}}
        {"session":{"type":"realtime","voice":"ash","audio":7}}
        {"session":7}
        []
        {}
        {"other":1}
        {"access":{}}
        {"session":{"type":"realtime"},"voice":"ash"}
        {"session":{"type":"realtime"},"client_secret":{"value":"ek"}}
        {"session":{"type":"realtime"},"client_secret":{"expires_after":{"seconds":60}},"expires_after":{"anchor":"created_at","seconds":10}}
        """#)
}
