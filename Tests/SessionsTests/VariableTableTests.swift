import Sessions
import Testing

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
