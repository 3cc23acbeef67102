/// A part of a pattern.
indirect enum TextPatternNode: Sendable {
    case set(ScalarSet)
    case sequence([TextPatternNode])
    case either(TextPatternNode, TextPatternNode)
    /// Without a most it repeats for ever.
    case repetition(TextPatternNode, least: Int, most: Int?)

    /// Appends the steps that match it. What follows it in the program is where it goes on.
    func append(to steps: inout [TextPattern.Step]) throws(InvalidPattern) {
        guard steps.count < TextPattern.sizeLimit else {
            throw InvalidPattern(message: "is too long once its repetitions are written out")
        }
        switch self {
        case .set(let set): steps.append(.take(set))
        case .sequence(let parts):
            for part in parts { try part.append(to: &steps) }
        case .either(let first, let second):
            let fork = steps.count
            steps.append(.fork(fork + 1, 0))
            try first.append(to: &steps)
            let jump = steps.count
            steps.append(.jump(0))
            steps[fork] = .fork(fork + 1, steps.count)
            try second.append(to: &steps)
            steps[jump] = .jump(steps.count)
        case .repetition(let part, let least, let most):
            for _ in 0..<least { try part.append(to: &steps) }
            guard let most else { return try appendLoop(of: part, to: &steps) }
            var forks: [Int] = []
            for _ in least..<most {
                forks.append(steps.count)
                steps.append(.fork(steps.count + 1, 0))
                try part.append(to: &steps)
            }
            for fork in forks { steps[fork] = .fork(fork + 1, steps.count) }
        }
    }

    private func appendLoop(
        of part: TextPatternNode, to steps: inout [TextPattern.Step]
    ) throws(InvalidPattern) {
        let fork = steps.count
        steps.append(.fork(fork + 1, 0))
        try part.append(to: &steps)
        steps.append(.jump(fork))
        steps[fork] = .fork(fork + 1, steps.count)
    }
}
