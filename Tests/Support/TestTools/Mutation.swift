/// Changes inputs at random, in the ways of libFuzzer; the same changes for the same seed.
package struct Mutation {
    private var random: SplitMix64
    private let seeds: [[UInt8]]
    private let words: [[UInt8]]

    /// The longest input.
    private static let longest = 4_096

    /// - Parameters:
    ///   - seeds: what is changed.
    ///   - words: what is put in.
    package init(of seeds: [[UInt8]], words: [[UInt8]], seed: UInt64) {
        self.seeds = seeds
        self.words = words
        random = SplitMix64(seed: seed)
    }

    /// The next input.
    package mutating func next() -> [UInt8] {
        var bytes = seeds.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 1...6, using: &random) { change(&bytes) }
        return Array(bytes.prefix(Mutation.longest))
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        let part = bytes[place...].prefix(Int.random(in: 0...32, using: &random))
        switch Int.random(in: 0..<7, using: &random) {
        case 0: bytes.insert(UInt8.random(in: 0 ... .max, using: &random), at: place)
        case 1: bytes.removeSubrange(part.indices)
        case 2: bytes.insert(contentsOf: part, at: place)
        case 3 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 4: bytes.removeSubrange(place...)
        case 5:
            let other = seeds.randomElement(using: &random) ?? []
            bytes.replaceSubrange(place..., with: other.dropFirst(Int.random(in: 0...other.count, using: &random)))
        default: bytes.insert(contentsOf: words.randomElement(using: &random) ?? [0], at: place)
        }
    }
}
