import Sessions
import Testing
import Text
import ephemerald

@Suite struct `A range of time in the usage log` {
    /// 2026-11-22T12:00:00Z
    private static let now = 1_795_348_800

    @Test(arguments: [
        ("30min", now - 1_800), ("7d", now - 7 * 86_400), ("2026-11-22", now - 43_200), ("2026-11-22T12:00:00Z", now),
        ("2026-11-22 12:00", now), ("2026-11-22t12:00:00.999z", now), ("2026-11-22T13:00:00+01:00", now),
        ("2026-11-22T06:30-05:30", now), ("1970-01-01", 0), ("2024-02-29", 1_709_164_800),
    ])
    func `begins and ends at durations before now, days and times`(text: String, expected: Int) throws {
        #expect(try TimeRange.unixSeconds(of: text, now: Self.now) == expected)
    }

    @Test(arguments: [
        "", "yesterday", "0s", "7y", "12:00", "2026-11", "2026-1-1", "2026-11-31", "2026-13-01", "2026-11-22T",
        "2026-11-22T12",
        "2026-11-22T24:00", "2026-11-22T12:60", "2026-11-22T12:00:60", "2026-11-22T12:00+1", "2026-11-22T12:00:00ZZ",
        "2026-11-22T12:00:00 +01:00", "1969-12-31", "20261122",
    ])
    func `refuses what is not a time`(text: String) {
        #expect(throws: Invalid.self) { try TimeRange.unixSeconds(of: text, now: Self.now) }
    }

    @Test func `has its beginning and not its end`() {
        let range = TimeRange(since: Self.now, until: Self.now + 60)
        let stamps = [
            "2026-11-22T11:59:59.999Z", "2026-11-22T12:00:00.000Z", "2026-11-22T12:00:59.999Z",
            "2026-11-22T12:01:00.000Z",
        ]
        #expect(stamps.map(range.contains) == [false, true, true, false])
        #expect(stamps.allSatisfy(TimeRange(since: nil, until: nil).contains))
    }
}
