import Foundation
import FuzzTargets
import TestTools
import Testing

/// What the fuzzer does with its targets, for a second: the inputs that are kept, and changes of them that are the same on
/// every run. `Tests/Fuzz/run` looks for more.
@Suite struct `Untrusted bytes` {
    /// Builds for tests and sanitizers are slower than what the limit is for.
    private static let patience = 20.0

    private static let mutations = 100

    @Test(arguments: FuzzTarget.all.map(\.name))
    func `break no rule of their reader, and take no long time`(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let seeds = try Files.corpus(name)
        #expect(!seeds.isEmpty)
        for (file, seed) in seeds { try check(target, seed, "\(name)/\(file)") }
        var mutation = Mutation(of: seeds.map(\.bytes), words: try Files.dictionary(name), seed: 16)
        for number in 0..<Self.mutations { try check(target, mutation.next(), "\(name), mutation \(number)") }
    }

    private func check(_ target: FuzzTarget, _ input: [UInt8], _ place: String) throws {
        let seconds = target.run(input, by: .thread)
        #expect(seconds < FuzzTarget.longestSeconds * Self.patience, "\(place)")
    }

    @Test func `have a corpus and a dictionary for each target, and no other`() throws {
        let names = FuzzTarget.all.map(\.name).sorted()
        #expect(try Files.names(in: "corpus") == names)
        #expect(try Files.names(in: "dictionaries") == names.map { "\($0).dict" })
        let table = String(decoding: try Files.bytes("README.md"), as: UTF8.self)
        let rows = table.matches(of: /(?m)^\| `([a-z]+)` \|/).map { String($0.1) }
        #expect(Set(rows).isSuperset(of: names), "README.md has a row for each target")
    }
}

/// The files beside these tests.
private enum Files {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    static func names(in part: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: part).path).sorted()
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: path)))
    }

    static func corpus(_ target: String) throws -> [(name: String, bytes: [UInt8])] {
        try names(in: "corpus/\(target)").map { ($0, try bytes("corpus/\(target)/\($0)")) }
    }

    /// The words of a dictionary of libFuzzer: one in quotes on each line, with `\xAB` for a byte.
    static func dictionary(_ target: String) throws -> [[UInt8]] {
        let text = String(decoding: try bytes("dictionaries/\(target).dict"), as: UTF8.self)
        return text.split(separator: "\n").map { line in
            let parts = line.dropFirst().dropLast().split(separator: "\\x", omittingEmptySubsequences: false)
            return parts.dropFirst().reduce(Array((parts.first ?? "").utf8)) { bytes, part in
                bytes + [UInt8(part.prefix(2), radix: 16) ?? 0] + Array(part.dropFirst(2).utf8)
            }
        }
    }
}
