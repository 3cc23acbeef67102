import Sessions
import Testing

/// What a file must hold so that variables can be filled in.
struct `The variables of a session` {
    private static func file(_ access: String, instructions: String = "Hi.") -> String {
        """
        {"session":{"type":"realtime","model":"gpt-realtime-2.1","instructions":"\(instructions)"},"access":\(access)}
        """
    }

    @Test(
        arguments: [
            ("{}", "Hi {{name}}, {{name}}.", ["session.instructions: {{name}} is not declared in access.variables"]),
            (
                #"{"variables":{"name":{"maxLength":5}}}"#, "Hi.",
                ["access.variables.name: is not used: session.instructions has no {{name}}"]
            ),
            (
                #"{"variables":{"name":{"maxLength":5}}}"#, "Hi {{ name }} {{name}}.",
                ["session.instructions: {{ name }} has spaces inside; write {{name}}"]
            ),
            (
                #"{"variables":{"a b":{"maxLength":5}}}"#, "Hi.",
                [
                    "access.variables.a b: a name has letters, digits and _ only, at most 64 of them, and begins with a letter or _"
                ]
            ),
            (
                #"{"variables":{"a$":{"maxLength":5}}}"#, "Hi.",
                [
                    "access.variables.a$: a name has letters, digits and _ only, at most 64 of them, and begins with a letter or _"
                ]
            ),
            (
                #"{"variables":{"name":{"max":5}}}"#, "Hi.",
                [
                    "access.variables.name.max: is not known; known here: maxLength and pattern",
                    "access.variables.name.maxLength: is required: a whole number from 1 to 10000",
                ]
            ),
            (
                #"{"variables":{"name":{"maxLength":10001}}}"#, "Hi.",
                ["access.variables.name.maxLength: is required: a whole number from 1 to 10000"]
            ),
            (
                #"{"variables":{"name":{"maxLength":5,"pattern":1}}}"#, "Hi.",
                ["access.variables.name.pattern: must be a string, is an integer"]
            ),
            (
                #"{"variables":{"name":{"maxLength":5,"pattern":"("}}}"#, "Hi.",
                ["access.variables.name.pattern: has an empty alternative; write (…)? for what may be absent"]
            ),
            ("{}", "{{{name}}}", ["session.instructions: {{name}} is not declared in access.variables"]),
            ("{}", "{{}} {{1a}} {{a-b}} {{\\\"a\\\":{\\\"b\\\":1}}} {{open", []),
        ] as [(String, String, [String])])
    func `are declared where the instructions use them`(access: String, instructions: String, findings: [String])
        throws
    {
        #expect(
            try SessionDirectory.findings(in: Self.file(access, instructions: instructions))
                == findings.map { "error \($0)" })
    }
}
