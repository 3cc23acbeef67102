import JSON
import Sessions
import Testing

/// The messages about a file as a whole.
struct `A session file` {
    /// A file with a session of that member, a type and a model.
    private static func file(_ member: String, and rest: String = "") -> String {
        #"{"session":{"type":"realtime","model":"gpt-realtime-2.1",\#(member)}\#(rest)}"#
    }

    @Test(
        arguments: [
            ("[]", ["error must be an object, is an array"]), ("{}", ["error session: is required"]),
            (file("\"tools\":[]", and: #","answer":"full""#), []),
            (file("\"tools\":[]", and: #","answer":"none""#), [#"error answer: must be "full", or be left out"#]),
            (
                file("\"tools\":[]", and: #","acess":{}"#),
                ["error acess: is not known; did you mean access?"]
            ),
            (
                file("\"tools\":[]", and: #","expires_after":{"seconds":60}"#),
                ["error expires_after: must have both anchor and seconds, or be left out"]
            ),
            (
                file("\"tools\":[]", and: #","expires_after":{"anchor":"created_at"}"#),
                ["error expires_after: must have both anchor and seconds, or be left out"]
            ),
            (
                file("\"tools\":[]", and: #","expires_after":{"anchor":"created_at","seconds":9}"#),
                ["error expires_after.seconds: must be 10 to 7200, is 9"]
            ),
            (file("\"tools\":[]", and: #","expires_after":{}"#), []),
            (
                #"{"session":{/*c*/"type":"realtime","model":"gpt-realtime-2.1",}}"#,
                [
                    "warning 1:13: comments and a comma before a closing bracket are not JSON; ephemerald check --fix writes JSON (without the comments)"
                ]
            ),
            (
                "{\"session\":{\"type\":\"realtime\",\n}}",
                [
                    "warning 2:1: a comma before a closing bracket is not JSON; ephemerald check --fix writes JSON",
                    "warning session.model: is not given, so OpenAI chooses the model and may change it",
                ]
            ),
        ] as [(String, [String])])
    func `has findings about the members around the session`(file: String, findings: [String]) throws {
        #expect(try SessionDirectory.findings(in: file) == findings)
    }

    @Test(arguments: [
        (Day(2026, 5, 6), "warning", "ends on 2026-05-07 (in 1 day)"),
        (Day(2026, 5, 7), "error", "ended on 2026-05-07"),
    ])
    func `has an error once a beta model has ended`(today: Day, severity: String, message: String) throws {
        let text = #"{"session":{"type":"realtime","model":"gpt-4o-realtime-preview"}}"#
        #expect(
            try SessionDirectory.findings(in: text, on: today) == [
                "\(severity) session.model: gpt-4o-realtime-preview \(message); use gpt-realtime-2.1"
            ])
    }
}
