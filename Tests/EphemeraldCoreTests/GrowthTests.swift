import EphemeraldCore
import Testing

/// Work that grows with the number of things, counted and not timed: ten thousand of them must cost each what ten cost.
@Suite struct `Ten thousand keys of callers` {
    @Test(arguments: [10, 10_000])
    func `take as many steps each to add as ten, and to find`(count: Int) {
        let steps = Steps()
        var keys = NamedKeys<Counted>()
        for index in 0..<count {
            let isAdded = keys.add("caller \(index)", Counted(value: index, steps: steps))
            #expect(isAdded)
        }
        // A table that grows hashes what it holds once more; doubling makes that one step for each key.
        #expect(steps.count < 12 * count)

        steps.count = 0
        for index in 0..<count { #expect(keys.name(of: Counted(value: index, steps: steps)) == "caller \(index)") }
        #expect(steps.count < 8 * count)

        steps.count = 0
        for index in count..<2 * count { #expect(keys.name(of: Counted(value: index, steps: steps)) == nil) }
        #expect(steps.count < 8 * count)
    }

    @Test func `have a name each, and no name or key twice`() {
        var keys = BearerKeys()
        let digests = (0..<3).map { [UInt8](repeating: $0, count: 32) }
        let additions = [
            ("ann", digests[0], true), ("ann", digests[1], false), ("bob", digests[0], false),
            ("bob", Array(digests[1].dropLast()), false), ("bob", digests[1], true),
        ]
        for (name, digest, isAdded) in additions {
            let result = keys.add(name, digest: digest)
            #expect(result == isAdded)
        }
        #expect(keys.count == 2)
        var others = BearerKeys()
        for (name, digest) in [("bob", digests[1]), ("ann", digests[0])] {
            let isAdded = others.add(name, digest: digest)
            #expect(isAdded)
        }
        #expect(keys == others)
    }
}

/// A key that counts how often it is hashed or compared.
private struct Counted: Hashable, @unchecked Sendable {
    // `@unchecked`: used on the thread of one test.
    let value: Int
    let steps: Steps

    static func == (left: Counted, right: Counted) -> Bool {
        left.steps.count += 1
        return left.value == right.value
    }

    func hash(into hasher: inout Hasher) {
        steps.count += 1
        hasher.combine(value)
    }
}

private final class Steps {
    var count = 0
}
