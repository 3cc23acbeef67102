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
    func `holds origins and limits`() throws {
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
    func `restricts nothing when it says nothing`(access: String) throws {
        let access = try SessionDirectory.session(Self.file(access)).access
        #expect(access.origins == nil)
        #expect(access.limits == .init())
    }

    @Test(
        arguments: [
            ("7", ["access: must be an object, is an integer"]),
            (#"{"orgins":[]}"#, ["access.orgins: is not known; did you mean origins?"]),
            (#"{"x":1}"#, ["access.x: is not known; known here: origins, limits, overrides, and variables"]),
            (
                #"{"origins":[]}"#,
                [
                    "access.origins: must be a list of at least one origin; leave it out to admit every origin of the settings"
                ]
            ),
            (
                #"{"origins":"https://a.example"}"#,
                [
                    "access.origins: must be a list of at least one origin; leave it out to admit every origin of the settings"
                ]
            ),
            (#"{"origins":["https://a.example",1]}"#, ["access.origins[1]: must be a string, is an integer"]),
            (#"{"limits":[]}"#, ["access.limits: must be an object, is an array"]),
            (#"{"limits":{"clients":"1/s"}}"#, ["access.limits.clients: is not known; did you mean client?"]),
            (
                #"{"limits":{"client":10}}"#,
                [#"access.limits.client: must be a string as in "10/min burst 5", or "off""#]
            ),
            (#"{"overrides":[]}"#, ["access.overrides: must be an object, is an array"]),
            (#"{"variables":[]}"#, ["access.variables: must be an object, is an array"]),
            (
                #"{"overrides":{"audio.output.voise":["marin"]}}"#,
                [
                    "access.overrides.audio.output.voise: a realtime session has no session.audio.output.voise; did you mean audio.output.voice?"
                ]
            ),
            (#"{"overrides":{"zzzz":["marin"]}}"#, ["access.overrides.zzzz: a realtime session has no session.zzzz"]),
            (#"{"overrides":{"":["marin"]}}"#, ["access.overrides.: a realtime session has no session."]),
            (
                #"{"overrides":{"model":["gpt-realtime-2.1"]}}"#,
                ["access.overrides.model: a request must not change model"]
            ),
            (
                #"{"overrides":{"instructions":{"maxLength":10}}}"#,
                ["access.overrides.instructions: a request must not change instructions"]
            ),
            (#"{"overrides":{"tools":[[]]}}"#, ["access.overrides.tools: a request must not change tools"]),
            (#"{"overrides":{"type":["realtime"]}}"#, ["access.overrides.type: a request must not change type"]),
            (#"{"overrides":{"prompt.id":["p"]}}"#, ["access.overrides.prompt.id: a request must not change prompt"]),
            (
                #"{"overrides":{"audio.output.voice":["marin"],"audio.output":[{}]}}"#,
                ["access.overrides.audio.output: overlaps with audio.output.voice"]
            ),
            (
                #"{"overrides":{"audio.output":[{}],"audio.output.voice":["marin"]}}"#,
                ["access.overrides.audio.output.voice: overlaps with audio.output"]
            ),
            (
                #"{"overrides":{"audio.output.voice":[]}}"#,
                [
                    #"access.overrides.audio.output.voice: must be a list of values, {"min": …, "max": …} or {"maxLength": …}"#
                ]
            ),
            (
                #"{"overrides":{"audio.output.voice":"marin"}}"#,
                [
                    #"access.overrides.audio.output.voice: must be a list of values, {"min": …, "max": …} or {"maxLength": …}"#
                ]
            ),
            (
                #"{"overrides":{"audio.output.voice":["marin","nova"]}}"#,
                [
                    "access.overrides.audio.output.voice[1]: session.audio.output.voice must be alloy, ash, ballad, coral, echo, sage, shimmer, verse, marin, or cedar, is \"nova\""
                ]
            ),
            (
                #"{"overrides":{"audio.output.speed":{"min":0.8}}}"#,
                [#"access.overrides.audio.output.speed: must have both, as in {"min": 0.8, "max": 1.2}"#]
            ),
            (
                #"{"overrides":{"audio.output.speed":{"min":1.2,"max":0.8}}}"#,
                [#"access.overrides.audio.output.speed: must have both, as in {"min": 0.8, "max": 1.2}"#]
            ),
            (
                #"{"overrides":{"audio.output.speed":{"min":0.1,"max":2}}}"#,
                [
                    "access.overrides.audio.output.speed.min: session.audio.output.speed must be 0.25 to 1.5, is 0.1",
                    "access.overrides.audio.output.speed.max: session.audio.output.speed must be 0.25 to 1.5, is 2",
                ]
            ),
            (
                #"{"overrides":{"audio.output.speed":{"min":0.8,"max":1,"step":1}}}"#,
                ["access.overrides.audio.output.speed.step: is not known; known here: min and max"]
            ),
            (
                #"{"overrides":{"audio.output.speed":{"min":0.8,"max":1e400}}}"#,
                [#"access.overrides.audio.output.speed: must have both, as in {"min": 0.8, "max": 1.2}"#]
            ),
            (
                #"{"overrides":{"audio.output.speed":{"maxLength":3}}}"#,
                ["access.overrides.audio.output.speed: limits a text, but session.audio.output.speed is not a string"]
            ),
            (
                #"{"overrides":{"audio.input.transcription.prompt":{"maxLength":0}}}"#,
                [
                    "access.overrides.audio.input.transcription.prompt.maxLength: is required: a whole number from 1 to 10000"
                ]
            ),
            (
                #"{"overrides":{"audio.input.transcription.prompt":{"pattern":"a"}}}"#,
                [
                    "access.overrides.audio.input.transcription.prompt.maxLength: is required: a whole number from 1 to 10000"
                ]
            ),
            (
                #"{"overrides":{"audio.input.turn_detection.threshold":[0.5]}}"#,
                [
                    "access.overrides.audio.input.turn_detection.threshold[0]: session.audio.input.turn_detection.type is required"
                ]
            ),
        ] as [(String, [String])])
    func `is refused with the place`(access: String, findings: [String]) throws {
        #expect(try SessionDirectory.findings(in: Self.file(access)) == findings.map { "error \($0)" })
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
