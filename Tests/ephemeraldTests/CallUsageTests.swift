import EphemeraldCore
import Testing
import ephemerald

private let id = CallID(randomBits: 7)
private let other = CallID(randomBits: 8)

@Suite struct `A lookup of a call` {
    private static let lines = [
        UsageLines.call(id.name), UsageLines.call(other.name, caller: "bob", id: "beef", upstreamID: "live_2"),
        UsageLines.end(id.name, spent: 35_000),
        UsageLines.end(other.name, caller: "bob", id: "beef", reason: "deadline", isConfirmed: false, spent: nil),
    ]

    /// What is printed for a value, as the command does it.
    private static func found(_ value: String, in lines: [String] = lines) throws -> [String] {
        let lookup = try Lookup(value)
        var calls: Set<String> = []
        return lines.flatMap { line -> [String] in
            let bytes = Array(line.utf8)
            if let record = lookup.match(bytes[...]) {
                if let call = record.call { calls.insert(call) }
                return Lookup.lines(of: record)
            }
            return lookup.matchEnd(bytes[...], of: calls).map(Lookup.lines) ?? []
        }
    }

    /// A value that only the creation has finds the end by the name of the call.
    @Test(arguments: [id.reveal(), "\(id.name)", "rtc_1", "c0ffee", "ann"])
    func `finds its creation and its end`(value: String) throws {
        let found = try Self.found(value)
        #expect(found.first == "2026-11-22T12:00:00.000Z  created")
        #expect(found.contains("  call      \(id.name) rtc_1"))
        #expect(found.contains("2026-11-22T12:00:42.000Z  ended (lease)"))
        #expect(found.contains("  lasted    42 s") && found.contains("  spent     0.035"))
        #expect(!found.joined().contains("bob"))
        #expect(!found.joined().contains(id.reveal()))
    }

    @Test func `says that an end is not confirmed, and no price that nobody set`() throws {
        let found = try Self.found("live_2")
        #expect(found.contains("2026-11-22T12:00:42.000Z  ended (deadline, not confirmed)"))
        #expect(!found.contains { $0.hasPrefix("  spent") })
        #expect(try Self.found("192.0.2.1").filter { $0.contains("ended") }.count == 2)
    }

    @Test(arguments: ["rtc_", "live_1", "lease", "default", "call.ended", CallID(randomBits: 9).reveal()])
    func `finds nothing else`(value: String) throws {
        #expect(try Self.found(value).isEmpty)
    }

    @Test func `passes over a call that is ending`() throws {
        #expect(UsageRecord(Array(UsageLines.ending(id.name).utf8)) == nil)
        let lines = [Self.lines[0], UsageLines.ending(id.name)]
        for value in [id.reveal(), "\(id.name)", "c0ffee", "ann"] {
            #expect(try Self.found(value, in: lines) == Self.found(value, in: [Self.lines[0]]))
        }
    }

    @Test func `finds an end whose creation is in no file`() throws {
        for value in [id.reveal(), "\(id.name)", "c0ffee", "ann"] {
            #expect(try Self.found(value, in: [Self.lines[2]]).count == 7)
        }
    }

    @Test func `finds an end that a log shipper has written again`() throws {
        let text = Self.lines[2].replacing("\"", with: #"\""#)
        let nested = #"""
            {"timestamp": "2026-11-22T12:00:42.000Z", "event": {"name": "call.ended"},
             "ephemerald": {"request": {"id": "c0ffee"}, "session": {"name": "default"}, "call": {"id": "\#(id.name)",
             "reason": "lease", "confirmed": true, "seconds": 42, "spent": 35000}}, "enduser": {"pseudo.id": "ann"}}
            """#
        let wrapped = [#"{"log":"\#(text)\n","stream":"stdout"}"#, #"{"@timestamp":"x","message":\#(Self.lines[2])}"#]
        for line in wrapped + [nested] {
            #expect(EndedCall(Array(line.utf8)) == EndedCall(Array(Self.lines[2].utf8)))
        }
        #expect(EndedCall(Array(#"{"user_agent":"\#(text)"}"#.utf8)) == nil)
    }
}

@Suite struct `The usage of calls` {
    private static func table(by group: UsageTable.Group, _ ends: [String]) -> UsageTable {
        var table = UsageTable(by: group)
        for line in [UsageLines.call(id.name), UsageLines.mint(session: "shop")] {
            if let record = UsageRecord(Array(line.utf8)) { table.add(record) }
        }
        for line in ends { if let end = EndedCall(Array(line.utf8)) { table.add(end) } }
        return table
    }

    private static let ends = [
        UsageLines.end(id.name), UsageLines.end(other.name, session: "shop", seconds: 1_800, spent: 1_500_000),
        UsageLines.end(other.name, caller: nil, seconds: 3, spent: nil),
    ]

    @Test func `has minutes and money of each session and caller`() {
        #expect(
            Self.table(by: .session, Self.ends).lines == [
                "session  minted  refused  failed  minutes  spent",
                "default       1        0       0      0.8  0.035",
                "shop          1        0       0     30.0    1.5",
                "total         2        0       0     30.8  1.535",
            ])
        #expect(
            Self.table(by: .caller, Self.ends).json == [
                #"{"caller":"-","minted":1,"refused":0,"failed":0,"minutes":0.1,"spent":0.0}"#,
                #"{"caller":"ann","minted":1,"refused":0,"failed":0,"minutes":30.7,"spent":1.535}"#,
            ])
    }

    @Test func `has no money where no session has a price`() {
        let ends = [UsageLines.end(id.name, spent: nil)]
        #expect(Self.table(by: .session, ends).lines[0] == "session  minted  refused  failed  minutes")
    }

    @Test func `has the money of tokens too, where it is counted`() throws {
        var table = UsageTable(by: .session)
        let record = try #require(UsageRecord(Array(UsageLines.mint(session: "shop", spent: 3_000_000).utf8)))
        for _ in 0..<2 { table.add(record) }
        #expect(
            table.lines == [
                "session  minted  refused  failed  spent", "shop          2        0       0      6",
                "total         2        0       0      6",
            ])
        var other = UsageTable(by: .client)
        other.add(record)
        #expect(other.lines.first?.contains("spent") == false)
    }

    @Test(arguments: [UsageTable.Group.client, .origin, .outcome])
    func `is not in groups that the line of an end does not have`(group: UsageTable.Group) {
        let table = Self.table(by: group, Self.ends)
        #expect(!table.lines[0].contains("minutes") && !table.json.contains { $0.contains("minutes") })
    }

    @Test func `adds up lines that nobody here wrote`() {
        let line = UsageLines.end(id.name, seconds: 1_000_000_000_000_000, spent: 1_000_000_000_000_000)
        var table = UsageTable(by: .session)
        guard let end = EndedCall(Array(line.utf8)) else { return #expect(Bool(false)) }
        for _ in 0..<10_000 { table.add(end) }
        #expect(table.lines.last?.hasPrefix("total") == true)
        #expect(EndedCall(Array(UsageLines.end(id.name, seconds: -1).utf8)) == nil)
    }
}
