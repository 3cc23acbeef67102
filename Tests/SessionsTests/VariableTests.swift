import Sessions
import Testing

/// The declarations of variables, and their places in the instructions.
struct `The variables of a session` {
    /// Each row is the member `access` and, after a space, the instructions.
    @Test(arguments: verdicts)
    func `are declared where the instructions use them`(verdict: Verdict) throws {
        let parts = verdict.testDescription.split(separator: " ", maxSplits: 1)
        let file = """
            {"session":{"type":"realtime","model":"gpt-realtime-2.1","instructions":"\(parts[1])"},"access":\(parts[0])}
            """
        #expect(try SessionDirectory.findings(in: file) == verdict.findings)
    }

    private static let verdicts = Verdict.table(
        #"""
        {} Hi {{name}}, {{name}}.
          error session.instructions: {{name}} is not declared in access.variables
        {"variables":{"name":{"maxLength":5}}} Hi.
          error access.variables.name: is not used: session.instructions has no {{name}}
        {"variables":{"name":{"maxLength":5}}} Hi {{ name }} {{name}}.
          error session.instructions: {{ name }} has spaces inside; write {{name}}
        {"variables":{"a\u0020b":{"maxLength":5}}} Hi.
          error access.variables.a b: a name has letters, digits and _ only, at most 64 of them, and begins with a letter or _
        {"variables":{"a$":{"maxLength":5}}} Hi.
          error access.variables.a$: a name has letters, digits and _ only, at most 64 of them, and begins with a letter or _
        {"variables":{"name":{"max":5}}} Hi.
          error access.variables.name.maxLength: is required
          error access.variables.name.max: is not known; known here: maxLength, pattern
        {"variables":{"name":{"maxLength":10001}}} Hi.
          error access.variables.name.maxLength: must be 1 to 10000, is 10001
        {"variables":{"name":{"maxLength":5,"pattern":1}}} Hi.
          error access.variables.name.pattern: must be a string, is an integer
        {"variables":{"name":{"maxLength":5,"pattern":"("}}} Hi.
          error access.variables.name.pattern: has an empty alternative; write (…)? for what may be absent
        {} {{{name}}}
          error session.instructions: {{name}} is not declared in access.variables
        {} {{}} {{1a}} {{a-b}} {{\"a\":{\"b\":1}}} {{open
        """#)
}

/// Work for many variables, counted in hashes and comparisons of names.
struct `The table of variables` {
    @Test(arguments: [10, 10_000])
    func `needs the same steps for each of ten thousand variables as for each of ten`(count: Int) {
        let steps = Steps()
        let names = (0..<count + count / 2).map { CountedName(value: $0, steps: steps) }
        let (declared, used) = (names.prefix(count), Array(names.suffix(count)))
        var table = VariableTable<CountedName, Int>()
        for name in declared { table.declare(name, name.value) }
        // A dictionary that grows hashes its keys again: about one step for each of them.
        #expect(steps.count < 12 * count)

        steps.count = 0
        for name in declared { #expect(table.rule(of: name) == name.value) }
        table.forEach { name, rule in #expect(name.value == rule) }
        #expect(steps.count < 12 * count)

        steps.count = 0
        let (undeclared, unused) = table.compare(withUsed: used + used)
        #expect(undeclared.map(\.value) == Array(count..<count + count / 2))
        #expect(unused.map(\.value) == Array(0..<count / 2))
        #expect(steps.count < 24 * count)
    }
}

private final class Steps {
    var count = 0
}

/// A name that counts how often it is hashed or compared.
private struct CountedName: Hashable, @unchecked Sendable {
    // `@unchecked`: used on the thread of one test.
    let value: Int
    let steps: Steps

    static func == (left: CountedName, right: CountedName) -> Bool {
        left.steps.count += 1
        return left.value == right.value
    }

    func hash(into hasher: inout Hasher) {
        steps.count += 1
        hasher.combine(value)
    }
}
