import EphemeraldCore
import Sessions
import TestTools
import Testing
import ephemerald

@Suite struct `A usage log that somebody changed` {
    private let directory: TemporaryDirectory
    private let limits = SpendingLimits(caller: .largest, all: .largest)

    init() throws { directory = try TemporaryDirectory() }

    private func journal(of text: [UInt8]) throws -> Journal {
        let path = try directory.file("usage.log", String(decoding: text, as: UTF8.self))
        return try Journal(of: path, quotas: Quotas(all: 9), spending: limits, today: Day(2026, 11, 22))
    }

    @Test func `lets the daemon start, and is counted within bounds`() throws {
        let names = (0..<3).map { CallID(randomBits: UInt128($0)).name }
        let lines = [
            UsageLines.mint(caller: "ann", spent: 3_000_000), UsageLines.refusal(), UsageLines.opened(names[0]),
            UsageLines.ending(names[0]), UsageLines.end(names[0]), UsageLines.opened(names[1]),
            UsageLines.mint("2026-11-21", caller: #"o\"ann"#, spent: 7), UsageLines.end(names[2]),
        ]
        let whole = Array(lines.joined(separator: "\n").utf8)
        let words = ["\n", "\"", #"{"timestamp":""#, "-1", "999999999999999999", "1e300", #","ephemerald.spent":"#]
        var mutation = Mutation(of: [whole], words: words.map { Array($0.utf8) }, seed: 16)
        let lookup = try Lookup("ann")
        for _ in 0..<200 {
            let text = mutation.next()
            let journal = try journal(of: text)
            let lines = text.split(separator: 0x0A)
            #expect(journal.mintsOfToday <= lines.count)
            #expect((.zero ... .largest).contains(journal.moneyOfToday))
            #expect(!journal.warnings.contains { $0.contains("\n") })
            for line in lines where lookup.match(line) != nil { #expect(UsageRecord(Array(line)) != nil) }
        }
    }

    /// More lines of the largest amount than the sum of an integer can hold.
    @Test func `is counted up to the largest amount of money`() throws {
        let line = UsageLines.mint(spent: Int(Money.largest.micros)) + "\n"
        let journal = try journal(of: Array(String(repeating: line, count: 9_300).utf8))
        #expect(journal.moneyOfToday == .largest)
        #expect(journal.mintsOfToday == 9_300)
    }
}
