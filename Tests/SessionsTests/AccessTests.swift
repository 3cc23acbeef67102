import HTTP
import Sessions
import Testing

struct `The member access` {
    private static func file(_ access: String, instructions: String = "Hi.") -> String {
        """
        {"session":{"type":"realtime","model":"gpt-realtime-2.1","instructions":"\(instructions)"},"access":\(access)}
        """
    }

    @Test
    func `has origins and limits`() throws {
        let access = try SessionDirectory.session(
            Self.file(
                #"{"origins":["https://shop.example","http://localhost:*"],"limits":{"client":"10/min burst 5","caller":"off","origin":"1/s","session":"2/h","all":"3/min"}}"#
            )
        ).access
        #expect(access.origins?.map(\.description) == ["https://shop.example", "http://localhost:*"])
        #expect(access.limits.client == .rate(try RateLimit(parsing: "10/min burst 5")))
        #expect(access.limits.caller == .off)
        #expect(access.limits.origin == .rate(try RateLimit(parsing: "1/s")))
        #expect(access.limits.session == .rate(try RateLimit(parsing: "2/h")))
        #expect(access.limits.all == .rate(try RateLimit(parsing: "3/min")))
    }

    @Test(arguments: ["{}", #"{"limits":{}}"#, #"{"overrides":{},"variables":{}}"#])
    func `restricts nothing when it is empty`(access: String) throws {
        let access = try SessionDirectory.session(Self.file(access)).access
        #expect(access.origins == nil)
        #expect(access.limits == .init())
    }

    @Test(arguments: verdicts)
    func `is refused with the place`(verdict: Verdict) throws {
        #expect(try SessionDirectory.findings(in: Self.file(verdict.testDescription)) == verdict.findings)
    }

    private static let verdicts = Verdict.table(
        #"""
        7
          error access: must be an object, is an integer
        {"orgins":[]}
          error access.orgins: is not known; did you mean origins?
        {"x":1}
          error access.x: is not known; known here: origins, limits, overrides, variables, token, call, price_per_minute
        {"origins":[]}
          error access.origins: must have at least 1 element, has 0
        {"origins":"https://a.example"}
          error access.origins: must be an array, is a string
        {"origins":["https://a.example",1]}
          error access.origins[1]: must be a string, is an integer
        {"limits":[]}
          error access.limits: must be an object, is an array
        {"limits":{"clients":"1/s"}}
          error access.limits.clients: is not known; did you mean client?
        {"limits":{"client":10}}
          error access.limits.client: must be a string, is an integer
        {"overrides":[]}
          error access.overrides: must be an object, is an array
        {"variables":[]}
          error access.variables: must be an object, is an array
        {"overrides":{"audio.output.voise":["marin"]}}
          error access.overrides.audio.output.voise: a realtime session has no session.audio.output.voise; did you mean audio.output.voice?
        {"overrides":{"zzzz":["marin"]}}
          error access.overrides.zzzz: a realtime session has no session.zzzz
        {"overrides":{"":["marin"]}}
          error access.overrides.: a realtime session has no session.
        {"overrides":{"model":["gpt-realtime-2.1"]}}
          error access.overrides.model: a request must not change model
        {"overrides":{"instructions":{"maxLength":10}}}
          error access.overrides.instructions: a request must not change instructions
        {"overrides":{"tools":[[]]}}
          error access.overrides.tools: a request must not change tools
        {"overrides":{"type":["realtime"]}}
          error access.overrides.type: a request must not change type
        {"overrides":{"prompt.id":["p"]}}
          error access.overrides.prompt.id: a request must not change prompt
        {"overrides":{"audio.output.voice":["marin"],"audio.output":[{}]}}
          error access.overrides.audio.output: overlaps with audio.output.voice
        {"overrides":{"audio.output":[{}],"audio.output.voice":["marin"]}}
          error access.overrides.audio.output.voice: overlaps with audio.output
        {"overrides":{"audio.output.voice":[]}}
          error access.overrides.audio.output.voice: must be a list of values, {"min": …, "max": …} or {"maxLength": …}
        {"overrides":{"audio.output.voice":"marin"}}
          error access.overrides.audio.output.voice: must be a list of values, {"min": …, "max": …} or {"maxLength": …}
        {"overrides":{"audio.output.voice":["marin","nova"]}}
          error access.overrides.audio.output.voice[1]: session.audio.output.voice must be alloy, ash, ballad, coral, echo, sage, shimmer, verse, marin, or cedar, is "nova"
        {"overrides":{"audio.output.speed":{"min":0.8}}}
          error access.overrides.audio.output.speed: must have both, as in {"min": 0.8, "max": 1.2}
        {"overrides":{"audio.output.speed":{"min":1.2,"max":0.8}}}
          error access.overrides.audio.output.speed: must have both, as in {"min": 0.8, "max": 1.2}
        {"overrides":{"audio.output.speed":{"min":0.1,"max":2}}}
          error access.overrides.audio.output.speed.min: session.audio.output.speed must be 0.25 to 1.5, is 0.1
          error access.overrides.audio.output.speed.max: session.audio.output.speed must be 0.25 to 1.5, is 2
        {"overrides":{"audio.output.speed":{"min":0.8,"max":1,"step":1}}}
          error access.overrides.audio.output.speed.step: is not known; known here: min, max
        {"overrides":{"audio.output.speed":{"min":0.8,"max":1e400}}}
          error access.overrides.audio.output.speed: must have both, as in {"min": 0.8, "max": 1.2}
        {"overrides":{"audio.output.speed":{"maxLength":3}}}
          error access.overrides.audio.output.speed: limits a text, but session.audio.output.speed is not a string
        {"overrides":{"audio.input.transcription.prompt":{"maxLength":0}}}
          error access.overrides.audio.input.transcription.prompt.maxLength: must be 1 to 10000, is 0
        {"overrides":{"audio.input.transcription.prompt":{"pattern":"a"}}}
          error access.overrides.audio.input.transcription.prompt.maxLength: is required
        {"overrides":{"audio.input.turn_detection.threshold":[0.5]}}
          error access.overrides.audio.input.turn_detection.threshold[0]: session.audio.input.turn_detection.type is required
        """#)

    @Test(
        arguments: [(31, nil), (32, "has more than 32 names"), (100_000, "has more than 32 names")] as [(Int, String?)])
    func `has overrides whose paths end`(count: Int, message: String?) throws {
        let name = "tracing" + String(repeating: ".metadata", count: count)
        let findings = try SessionDirectory(["x.json": Self.file(#"{"overrides":{"\#(name)":["x"]}}"#)]).load().findings
        #expect(findings.map(\.path) == (message == nil ? [] : ["access.overrides.\(name)"]))
        #expect(findings.map(\.message) == (message.map { [$0] } ?? []))
    }

    @Test func `may name wildcards where anyone can register a name only when the settings allow it`() throws {
        let text = Self.file(#"{"origins":["https://app-*-team.vercel.app","https://*.vercel.app"]}"#)
        let directory = try SessionDirectory(["x.json": text])
        let refused = directory.load().findings.filter { $0.severity == .error }
        #expect(refused.map(\.path) == ["access.origins[1]"])
        #expect(refused.first?.description.contains("anyone can register a name under vercel.app") == true)
        let allowed = SessionCatalog.load(
            directory: directory.path, today: SessionDirectory.today, rules: SessionRules(allowsSharedSuffixes: true))
        #expect(!allowed.hasErrors)
        #expect(allowed.catalog.session(named: "x")?.access.origins?.count == 2)
    }

    @Test(arguments: [#"{"origins":["shop.example"]}"#, #"{"origins":["https://*"]}"#, #"{"limits":{"all":"often"}}"#])
    func `is refused when an origin or a limit cannot be read`(access: String) throws {
        let findings = try SessionDirectory(["x.json": Self.file(access)]).load().findings
        #expect(findings.count == 1)
        #expect(
            findings.allSatisfy {
                $0.severity == .error && ($0.path == "access.origins[0]" || $0.path == "access.limits.all")
            })
    }
}
