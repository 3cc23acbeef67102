import JSON
import Sessions
import TestTools
import Testing
import Text

/// The findings about sessions of the type `live`.
struct `A live session` {
    /// Each row has members of a session that has a model already; below it what `check` finds.
    @Test(arguments: members)
    func `has the findings of the table`(verdict: Verdict) throws {
        let file = #"{"session":{"type":"live","model":"gpt-live-1",\#(verdict.testDescription)}}"#
        #expect(try SessionDirectory.findings(in: file) == verdict.findings)
    }

    @Test(arguments: files)
    func `is judged together with what is around it`(verdict: Verdict) throws {
        #expect(try SessionDirectory.findings(in: verdict.testDescription) == verdict.findings)
    }

    @Test func `is sent without its type`() throws {
        let session = try SessionDirectory.session(#"{"session":{"type":"live","model":"gpt-live-1","store":false}}"#)
        #expect(session.kind == .live)
        #expect(session.model == "gpt-live-1")
        #expect(try JSON(parsing: session.body) == ["session": ["model": "gpt-live-1", "store": false]])
    }

    @Test func `is changed by a request as its file allows`() throws {
        let session = try SessionDirectory.session(
            #"{"session":{"type":"live","model":"gpt-live-1","instructions":"You help {{customer}}."},"access":{"#
                + #""variables":{"customer":{"maxLength":9}},"overrides":{"audio.output.voice":["marin","cedar"]}}}"#)
        let configuration = try session.configuration(
            overrides: ["audio.output.voice": "cedar"], variables: ["customer": "Ann"])
        let expected: JSONObject = [
            "model": "gpt-live-1", "instructions": "You help Ann.", "audio": ["output": ["voice": "cedar"]],
        ]
        #expect(configuration == expected)
        #expect(throws: Invalid.self) {
            try session.configuration(overrides: ["store": true], variables: ["customer": "Ann"])
        }
    }

    @Test(arguments: [
        (#"{"model":"gpt-live-1"}"#, SessionKind.live), (#"{"model":"gpt-live-1.1","voice":"marin"}"#, .live),
        (#"{"model":"gpt-live-transcribe"}"#, .realtime), (#"{"type":"realtime","model":"gpt-live-1"}"#, .realtime),
        (#"{"type":"live"}"#, .live),
    ])
    func `is known by its type, or by its model where there is no type`(session: String, kind: SessionKind) throws {
        // The findings name the kind in what they say about a member that no session has.
        let file = #"{"session":\#(session),"access":{"overrides":{"nothing":["x"]}}}"#
        let findings = try SessionDirectory.findings(in: file)
        #expect(findings.contains { $0.hasSuffix("a \(kind) session has no session.nothing") }, "\(findings)")
    }

    @Test(arguments: [(false, 16_384 * 4, 0), (false, 16_384 * 4 + 1, 1), (true, 8192 * 4, 0), (true, 8192 * 4 + 1, 1)])
    func `has a warning when its texts are long`(isInput: Bool, count: Int, warnings: Int) throws {
        let text = JSON.string(String(repeating: "é", count: count))
        let (member, value): (String, JSON) =
            isInput ? ("input", [["role": "user", "content": [["text": text]]]]) : ("instructions", text)
        let session = JSON.object(JSONObject([("type", "live"), ("model", "gpt-live-1"), (member, value)]))
        let findings = try SessionDirectory.findings(in: #"{"session":\#(session)}"#)
        #expect(findings.count == warnings)
        #expect(findings.allSatisfy { $0.hasPrefix("warning session.\(member)") })
        #expect(findings.allSatisfy { $0.hasSuffix("these are \(count) characters") })
    }

    @Test func `may have 128 messages and no more`() throws {
        for (count, findings) in [(128, []), (129, ["error session.input: must have at most 128 elements, has 129"])] {
            let messages = JSON.array(
                Array(repeating: ["role": "user", "content": [["text": "Hello"]]], count: count))
            let file = #"{"session":{"type":"live","model":"gpt-live-1","input":\#(messages)}}"#
            #expect(try SessionDirectory.findings(in: file) == findings)
        }
    }

    @Test func `has a warning for an upstream that is not OpenAI's, and its models are not judged`() throws {
        let directory = try SessionDirectory([
            "x.json": #"{"session":{"type":"live","model":"deployment"}}"#,
            "y.json": #"{"session":{"type":"live","model":"gpt-realtime-2.1"}}"#,
        ])
        let rules = SessionRules(owner: .other)
        let findings = SessionCatalog.load(directory: directory.path, today: SessionDirectory.today, rules: rules)
            .findings
        let warning = "is for OpenAI's Live API, and the upstream is not OpenAI's: it may not have it"
        #expect(findings.filter { $0.file == "x.json" }.map(\.message) == [warning])
        #expect(findings.filter { $0.file == "y.json" }.map(\.path) == ["session", "session.model"])
        #expect(findings.allSatisfy { $0.severity == .warning })
    }

    private static let members = Verdict.table(
        #"""
        "instructions":null
        "instructions":7
          error session.instructions: must be null or a string, is an integer
        "audio":{"output":{"voice":"willow"}}
        "audio":{"output":{"voice":"luciernaga"}}
        "audio":{"output":{"voice":{"id":"voice_1"}}}
        "audio":{"output":{"voice":"zebra"}}
          warning session.audio.output.voice: "zebra" is not a known value and is sent unchanged
        "audio":{"output":{"voice":"mariin"}}
          warning session.audio.output.voice: "mariin" is not a known value and is sent unchanged; did you mean marin?
        "audio":{"output":{"voice":{"id":"v","label":"n"}}}
          error session.audio.output.voice.label: is not known; known here: id
        "audio":{"output":{"speed":1.2}}
          error session.audio.output.speed: a live session does not have it: ask for the pace in session.instructions
        "audio":{"input":{"turn_detection":null}}
          error session.audio.input: a live session does not have it: the model takes turns by itself, and both transcripts are always sent
        "audio":{"format":{"type":"audio/pcm"}}
          error session.audio.format: must be left out: browsers negotiate the format
        "client":{}
          error session.client.data_channel: is required
        "client":{"data_channel":{}}
        "client":{"data_channel":{"allowed_client_events":[],"allowed_server_events":[]}}
        "client":{"data_channel":{"allowed_client_events":"all"}}
          warning session.client.data_channel.allowed_client_events: lets the page replace the model, the instructions and the tools of the delegation; list the events that it needs
        "client":{"data_channel":{"allowed_server_events":"all"}}
          warning session.client.data_channel.allowed_server_events: sends the page the backend's calls of tools too; list the events that it needs
        "client":{"data_channel":{"allowed_client_events":"none"}}
          error session.client.data_channel.allowed_client_events: must be all, is "none"
        "client":{"data_channel":{"allowed_client_events":["session.close","session.update"]}}
          warning session.client.data_channel.allowed_client_events[1]: session.update lets the page replace the model, the instructions and the tools of the delegation
        "client":{"data_channel":{"allowed_client_events":["session.clos"]}}
          warning session.client.data_channel.allowed_client_events[0]: "session.clos" is not a known value and is sent unchanged; did you mean session.close?
        "client":{"data_channel":{"allowed_client_events":[{"type":"session.close"}]}}
          error session.client.data_channel.allowed_client_events[0]: must be a string, is an object
        "client":{"data_channel":{"allowed_server_events":["error"]}}
          error session.client.data_channel.allowed_server_events[0]: must be an object, is a string
        "client":{"data_channel":{"allowed_server_events":[{"type":"response.event"}]}}
          error session.client.data_channel.allowed_server_events[0].response_event: is required
        "client":{"data_channel":{"allowed_server_events":[{"type":"response.event","response_event":"response.completed"}]}}
        "client":{"data_channel":{"allowed_server_events":[{"type":"error","response_event":"response.completed"}]}}
          error session.client.data_channel.allowed_server_events[0].response_event: only response.event has it; error has no other member
        "client":{"data_channel":{"allowed_server_events":[{}]}}
          error session.client.data_channel.allowed_server_events[0].type: is required
        "triggers":[]
        "triggers":[{"type":"decisions","event_type":"session.input_transcript.delta","decisions":{"questions":[]}}]
        "triggers":[{"type":"decisions","event_type":"session.closed","decisions":{}}]
          error session.triggers[0].event_type: must be session.input_transcript.delta or session.output_transcript.delta, is "session.closed"
          error session.triggers[0].decisions.questions: is required
        "triggers":[{"type":"decisions","event_type":"session.input_transcript.delta","decisions":{"questions":[]}},{"type":"decisions","event_type":"session.input_transcript.delta","decisions":{"questions":[]}}]
          error session.triggers[1].event_type: session.triggers[0] has this event already
        "input":[{"role":"developer","content":[{"type":"input_text","text":"a"}]},{"type":"message","role":"assistant","content":[{"text":"b"}],"id":null,"status":"completed"}]
        "input":[{"role":"assistant","content":[{"type":"output_text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"a"}]}]
        "input":[{"role":"assistant","content":[{"type":"input_text","text":"a"}]}]
          error session.input[0].content[0].type: the role assistant has output_text or text, not input_text
        "input":[{"role":"user","content":[{"type":"text","text":"a"}]}]
          error session.input[0].content[0].type: the role user has input_text, not text
        "input":[{"role":"system","content":[]}]
          error session.input[0].role: must be developer, user, or assistant, is "system"
          error session.input[0].content: must have exactly 1 element, has 0
        "wake_policy":{"type":"speech","vad_threshold":0.5},"idle_timeout_s":1
        "wake_policy":{"type":"speech"}
          warning session.wake_policy: has no effect without session.idle_timeout_s
        "wake_policy":{"type":"speech","vad_threshold":1.5},"idle_timeout_s":0
          error session.wake_policy.vad_threshold: must be 0 to 1, is 1.5
          error session.idle_timeout_s: must be at least 1, is 0
        "idle_timeout_s":30
          error session.idle_timeout_s: needs session.wake_policy, which says what wakes the session
        "store":true
          warning session.store: OpenAI keeps a recording of each call for 30 days
        "store":null
          error session.store: must be a boolean, is null; leave it out
        "safety_identifier":"5f2b"
          error session.safety_identifier: must be left out: the service sends the identifier of the caller
        "transport":{"type":"sip"}
          error session.transport: must be left out: the service makes it from the offer of the page
        "client_secret":{"expires_after":{"anchor":"created_at","seconds":60}}
          error session.client_secret: a live session has no client secrets; leave it out, and limit calls by access.call.max_seconds
        "voice":"marin"
          error session.voice: is session.audio.output.voice in a live session
        "tools":[]
          error session.tools: a delegation of the type responses has it: session.delegation.responses.tools
        "max_tokens":100
          error session.max_tokens: a delegation of the type responses has it: session.delegation.responses.max_output_tokens
        "turn_detection":null
          error session.turn_detection: a live session does not have it: the model takes turns by itself
        "output_modalities":["audio"]
          error session.output_modalities: a live session does not have it: the model always speaks; leave it out
        "tracing":"auto"
          error session.tracing: a live session does not have it; leave it out
        "prompt":null
          error session.prompt: a live session has no reusable prompts; write session.instructions
        "delegations":null
          error session.delegations: is not known; did you mean delegation?
        """#)

    private static let files = Verdict.table(
        #"""
        {"session":{"type":"live","model":"gpt-live-1-2026-11-01"}}
        {"session":{"type":"live"}}
          error session.model: is required
        {"session":{"type":"live","model":""}}
          error session.model: must be gpt-live-1 or gpt-live-1.1, is ""
        {"session":{"type":"live","model":"gpt-live-2"}}
          warning session.model: "gpt-live-2" is not a known value and is sent unchanged; did you mean gpt-live-1?
        {"session":{"type":"live","model":"gpt-realtime-2.1"}}
          error session.model: 'gpt-realtime-2.1' is a model of OpenAI's Realtime API; write "type": "realtime", or use gpt-live-1
        {"session":{"type":"live","model":"gpt-live-transcribe"}}
          error session.model: 'gpt-live-transcribe' is a model of OpenAI's Realtime API; write "type": "realtime", or use gpt-live-1
        {"session":{"type":"live","model":"whisper-1"}}
          warning session.model: "whisper-1" is not a known value and is sent unchanged
          warning session.model: whisper-1 ends on 2027-02-26 (in 96 days); use gpt-transcribe
        {"session":{"type":"live","model":"gpt-live-1","audio":{"output":{"voice":"nova"}}}}
          error session.audio.output.voice: must be alloy, ash, ballad, beacon, bossa, cedar, cinder, coral, delta, echo, gleam, marin, meridian, quartz, ripple, sage, shida, shimmer, stone, tempo, verse, vesper, willow, brise, calandria, compas, destello, flitz, halo, harema, hornero, juni, luciernaga, nira, noeul, nuri, pearl, shitan, or sillage, is "nova"
        {"session":{"type":"live","model":"gpt-live-1"},"expires_after":{"anchor":"created_at","seconds":60}}
          error expires_after: a live session has no client secrets; leave it out, and limit calls by access.call.max_seconds
        {"session":{"type":"live","model":"gpt-live-1"},"transport":{"type":"webrtc","sdp":"v=0"}}
          error transport: must be left out: the service makes it from the offer of the page
        {"session":{"type":"live","model":"gpt-live-1"},"answer":"full"}
          error answer: must be left out: a live session has no client secrets, and so no answer with one
        {"session":{"type":"Live","model":"gpt-live-1"}}
          error session.model: is a model of OpenAI's Live API, which has no client secrets: a secret is minted, and the session fails when the browser connects; write "type": "live", or use gpt-realtime-2.1
          error session.type: must be realtime, transcription, translation, or live, is "Live"
        {"session":{"type":"realtime","model":"gpt-realtime-2.1","delegation":null,"store":true}}
          error session.delegation: is not known; only a live session has it
          error session.store: is not known; only a live session has it
        {"session":{"type":"transcription","idle_timeout_s":3}}
          error session.idle_timeout_s: is not known; only a live session has it; a transcription session has type, audio, and include
        {"type":"live","model":"gpt-live-1"}
          warning the session's members are not inside "session"; they are moved there
        {"type":"session.started","event_id":"e","session":{"id":"live_1","expires_at":1,"status":"active","model":"gpt-live-1","instructions":null,"store":null}}
          warning this is an answer of the server, not a request; the members of the answer are dropped: type, event_id, id, expires_at, status, store
        {"session":{"type":"live","model":"gpt-live-1","idleTimeoutS":5,"wakePolicy":{"type":"speech","vadThreshold":0.5}}}
          warning session.idleTimeoutS: is written idle_timeout_s in the API
          warning session.wakePolicy: is written wake_policy in the API
          warning session.wakePolicy.vadThreshold: is written vad_threshold in the API
        {"session":{"type":"live","model":"gpt-live-1","instructions":"You help {{customer}}."},"access":{"variables":{"customer":{"maxLength":40}},"overrides":{"audio.output.voice":["marin","cedar"],"idle_timeout_s":{"min":5,"max":60},"delegation.responses.reasoning.effort":["low"]}}}
          error access.overrides.idle_timeout_s.min: session.idle_timeout_s needs session.wake_policy, which says what wakes the session
          error access.overrides.idle_timeout_s.max: session.idle_timeout_s needs session.wake_policy, which says what wakes the session
          error access.overrides.delegation.responses.reasoning.effort[0]: session.delegation.type is required
        {"session":{"type":"live","model":"gpt-live-1"},"access":{"overrides":{"client.data_channel.allowed_client_events":["all"],"store":[true],"delegation":[null],"delegation.responses.model":["m"],"delegation.responses":[null],"audio.output.voice":["nova"]}}}
          error access.overrides.client.data_channel.allowed_client_events: a request must not change client
          error access.overrides.store: a request must not change store
          error access.overrides.delegation: a request must not change delegation.type
          error access.overrides.delegation.responses.model: a request must not change delegation.responses.model
          error access.overrides.delegation.responses: a request must not change delegation.responses.model
          error access.overrides.audio.output.voice[0]: session.audio.output.voice must be alloy, ash, ballad, beacon, bossa, cedar, cinder, coral, delta, echo, gleam, marin, meridian, quartz, ripple, sage, shida, shimmer, stone, tempo, verse, vesper, willow, brise, calandria, compas, destello, flitz, halo, harema, hornero, juni, luciernaga, nira, noeul, nuri, pearl, shitan, or sillage, is "nova"
        """#)
}
