import EphemeraldCore
import Foundation
import Sessions
import TestTools
import Testing
import ephemerald

@Suite struct `The usage log as a journal` {
    private let directory: TemporaryDirectory
    private let today = Day(2026, 11, 22)

    init() throws { directory = try TemporaryDirectory() }

    private func write(_ name: String, _ lines: [String], end: String = "\n") throws {
        _ = try directory.file(name, lines.joined(separator: "\n") + end)
    }

    private func gzip(_ name: String) throws {
        let process = try Process.run(
            URL(filePath: "/usr/bin/env"), arguments: ["gzip", "\(directory.path)/\(name)"])
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    private func journal(_ quotas: Quotas = Quotas(all: 9)) throws -> Journal {
        try Journal(of: "\(directory.path)/usage.log", quotas: quotas, today: today)
    }

    private func used(_ journal: Journal, on day: Day? = nil) -> Int {
        journal.ledger.used(QuotaCheck(.all, allowance: 9, identity: ""), on: day ?? today)
    }

    @Test func `counts the tokens of today by caller, session and in all`() throws {
        try write(
            "usage.log",
            [
                UsageLines.mint(caller: "ann"), UsageLines.mint(caller: "ann", session: "shop"),
                UsageLines.mint(caller: "bob"), UsageLines.refusal(), UsageLines.mint("2026-11-21", caller: "ann"),
            ])
        let quotas = Quotas(caller: 9, session: 9, all: 9)
        let journal = try journal(quotas)
        let counts = quotas.checks(caller: "ann", session: "default").map { journal.ledger.used($0, on: today) }
        #expect(counts == [2, 2, 3])
        #expect(journal.mintsOfToday == 3)
        #expect(journal.warnings == [])
    }

    @Test func `reaches back into rotated and compressed files, and three days to either side`() throws {
        try write("usage.log-20261119", [UsageLines.mint("2026-11-18"), UsageLines.mint("2026-11-19")])
        try gzip("usage.log-20261119")
        try write("usage.log.2", [UsageLines.mint("2026-11-22")])
        try gzip("usage.log.2")
        try write("usage.log.1", [UsageLines.mint("2026-11-22"), UsageLines.mint("2026-11-25")])
        try write("usage.log", [UsageLines.mint("2026-11-22"), UsageLines.mint("2026-11-26")])
        try write("usage.log.old", [UsageLines.mint("2026-11-22")])
        let journal = try journal()
        #expect((18...26).map { used(journal, on: Day(2026, 11, $0)) } == [0, 1, 0, 0, 3, 0, 0, 1, 0])
        #expect(journal.warnings == [])
    }

    /// The money of ann's and of everybody's, in millionths.
    private func spent(_ limits: SpendingLimits, on day: Day? = nil) throws -> [Int] {
        let journal = try Journal(
            of: "\(directory.path)/usage.log", quotas: Quotas(), spending: limits, today: today)
        #expect(journal.warnings == [])
        return limits.checks(caller: "ann", amount: .zero).map { journal.ledger.used($0, on: day ?? today) }
    }

    @Test func `has the money of tokens, of open calls and of those that are over`() throws {
        let names = (0..<4).map { CallID(randomBits: UInt128($0)).name }
        try write(
            "usage.log.1",
            [
                UsageLines.mint(caller: "ann", spent: 3_000_000), UsageLines.mint(caller: "bob", spent: 3_000_000),
                UsageLines.mint(caller: "ann"), UsageLines.opened(names[0]), UsageLines.opened(names[1]),
                UsageLines.mint("2026-11-21", caller: "ann", spent: 3_000_000),
                UsageLines.end(names[2], spent: 1_000), UsageLines.end(names[3], spent: 0),
                UsageLines.mint(caller: #"o\"ann"#, spent: 7),
            ])
        let lost = #""ephemerald.session.name":"live","ephemerald.spent":12500}"#
        try write(
            "usage.log",
            [
                UsageLines.end(names[1], spent: 2_000_000), UsageLines.end(names[1], spent: 9),
                UsageLines.opened(names[2]), UsageLines.opened(names[2]),
                UsageLines.refusal(code: "upstream_timeout", status: 504, session: "live")
                    .replacing(#""ephemerald.session.name":"live"}"#, with: lost),
            ])
        let limits = SpendingLimits(caller: .largest, all: .largest)
        let calls = 1_525_000 + 2_000_000 + 1_000
        #expect(try spent(limits) == [3_000_000 + calls, 6_000_007 + calls + 12_500])
        #expect(try spent(limits, on: Day(2026, 11, 21)) == [3_000_000, 3_000_000])
        #expect(try spent(SpendingLimits()) == [])
        let journal = try Journal(of: "\(directory.path)/usage.log", quotas: Quotas(), spending: limits, today: today)
        #expect(journal.moneyOfToday == Money(micros: Int64(6_000_007 + calls + 12_500)))
        #expect(journal.calls.open(atUnixSeconds: 1_795_348_900).map(\.plan.spending.count) == [2])
    }

    @Test func `has what a call gives back on the day of its creation`() throws {
        let name = CallID(randomBits: 1).name
        try write(
            "usage.log",
            [
                UsageLines.opened(name, "2026-11-21", endsAt: 1_795_264_200),
                UsageLines.end(name, spent: 500),
            ])
        let limits = SpendingLimits(all: .largest)
        #expect(try spent(limits, on: Day(2026, 11, 21)) == [500])
        #expect(try spent(limits) == [0])
    }

    @Test func `counts a call on the day of its admission, although its line is of the next day`() throws {
        let names = (0..<2).map { CallID(randomBits: UInt128($0)).name }
        let day = #""ephemerald.call.day":"2026-11-21","ephemerald.call.lease_seconds""#
        let opened = names.map {
            UsageLines.opened($0).replacing(#""ephemerald.call.lease_seconds""#, with: day)
        }
        // The line of an end may come first.
        try write("usage.log", [opened[0], UsageLines.end(names[1], spent: 500), opened[1]])
        let limits = SpendingLimits(all: .largest)
        #expect(try spent(limits, on: Day(2026, 11, 21)) == [1_525_500])
        #expect(try spent(limits) == [0])
        let journal = try journal()
        #expect(used(journal) == 0 && journal.mintsOfToday == 0)
    }

    @Test func `counts once what gzip is still at`() throws {
        try write("usage.log.1", [UsageLines.mint()])
        try gzip("usage.log.1")
        try write("usage.log.1", [UsageLines.mint()])
        try write("usage.log", [])
        #expect(used(try journal()) == 1)
    }

    @Test func `leaves out what was rotated long ago`() throws {
        try write("usage.log.1", [UsageLines.mint()])
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1_795_305_600 - 7 * 86_400)],
            ofItemAtPath: "\(directory.path)/usage.log.1")
        try write("usage.log", [UsageLines.mint()])
        #expect(used(try journal()) == 1)
    }

    @Test func `does not count an incomplete line, and says so`() throws {
        try write("usage.log", [UsageLines.mint(), String(UsageLines.mint().dropLast(4))], end: "")
        let journal = try journal()
        #expect(used(journal) == 1)
        #expect(journal.warnings.count == 1)
        #expect(journal.warnings[0].contains("incomplete"))
    }

    @Test(arguments: [("\n", "\n"), ("\n", ""), ("\r\n", "\r\n"), ("\r\n", "")])
    func `counts lines that an editor has ended otherwise`(separator: String, end: String) throws {
        _ = try directory.file("usage.log", [UsageLines.mint(), UsageLines.mint()].joined(separator: separator) + end)
        let journal = try journal()
        #expect(used(journal) == 2)
        #expect(journal.warnings == [])
    }

    @Test func `takes no call from a line that this program does not write, and says so`() throws {
        func line(_ id: String, _ lease: String) -> String {
            #"{"timestamp":"2026-11-22T12:00:00.007Z","ephemerald.request.id":"r1","#
                + #""ephemerald.session.name":"default","server.address":"api.openai.com","#
                + #""ephemerald.call.id":"0000000000000000000000000000000\#(id.count % 10)","#
                + #""ephemerald.call.type":"realtime","ephemerald.call.upstream_id":"\#(id)","#
                + #""ephemerald.call.key":"3f9c01ab","ephemerald.call.binding":"00000000000000000000000000000000","#
                + #""ephemerald.call.ends_at":1795350600,"ephemerald.call.lease_seconds":\#(lease)}"#
        }
        try write("usage.log", [line("rtc_1", "60"), line("../x", "60"), line("rtc_22", "10000000000")])
        let journal = try journal()
        #expect(journal.calls.open(atUnixSeconds: 1_795_348_801).map(\.upstreamID) == ["rtc_1"])
        #expect(journal.warnings.count == 1)
        #expect(journal.warnings[0].hasSuffix("passed over: 2"), "\(journal.warnings)")
    }

    @Test func `warns once of all lines that are not usage lines`() throws {
        let torn = String(UsageLines.mint().prefix(300))
        try write(
            "usage.log",
            [
                "GET /", "{}", torn, torn + UsageLines.mint(), "", UsageLines.mint(),
                #"{"timestamp":"yesterday"}"#, String(repeating: "x", count: 700_000), UsageLines.mint(),
            ])
        let journal = try journal()
        #expect(used(journal) == 2)
        #expect(journal.warnings.count == 1)
        #expect(journal.warnings[0].contains("not counted: 6"), "\(journal.warnings)")
    }

    @Test func `is not misled by what a client sends`() throws {
        let forged = UsageLines.refusal(session: #"\",\"ephemerald.secret.sha256\":\"f192"#)
        try write("usage.log", [forged])
        let journal = try journal()
        #expect(used(journal) == 0)
        #expect(journal.warnings == [])
    }

    @Test func `warns of a compressed file that is cut off`() throws {
        try write("usage.log.1", (0..<2_000).map { UsageLines.mint(id: "\($0)") })
        try gzip("usage.log.1")
        let file = URL(filePath: "\(directory.path)/usage.log.1.gz")
        let whole = try Data(contentsOf: file)
        try whole.prefix(whole.count / 2).write(to: file)
        try write("usage.log", [UsageLines.mint()])
        let journal = try journal()
        #expect(used(journal) >= 1)
        #expect(journal.warnings.count == 1)
    }

    @Test func `finds the lines of a file of many pieces`() throws {
        try write("usage.log", (0..<5_000).map { UsageLines.mint(id: String(repeating: "a", count: $0 % 97)) })
        #expect(used(try journal()) == 5_000)
    }

    @Test(
        arguments: [
            ("usage.log.1", true), ("usage.log.10.gz", true), ("usage.log-20261121", true),
            ("usage.log-20261121.gz", true), ("usage.log-2026-11-21", true), ("usage.log", false),
            ("usage.log.gz", false), ("usage.log.old", false), ("usage.logs.1", false), ("other.log.1", false),
            ("usage.log.1.bz2", false), ("usage.log-", false), ("usage.log.", false), ("usage.log--1", false),
        ])
    func `has rotated files by their names`(name: String, isRotation: Bool) {
        #expect(LogFiles.isRotation(name, of: "usage.log") == isRotation)
    }
}
