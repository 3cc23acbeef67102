import Sessions
import Testing

@Suite struct `A rate limit` {
    @Test(arguments: [
        ("10/min burst 5", 10, 60, 5), ("10/min, burst 5", 10, 60, 5), ("10/min", 10, 60, 10), ("1/s", 1, 1, 1),
        ("600/min burst 100", 600, 60, 100), ("1000000/h burst 1000000", 1_000_000, 3600, 1_000_000),
        ("5/h burst 20", 5, 3600, 20),
    ])
    func `is read from a setting`(text: String, count: Int, seconds: Int, burst: Int) throws {
        let limit = try RateLimit(parsing: text)
        #expect(limit.count == count)
        #expect(limit.window == .seconds(seconds))
        #expect(limit.burst == burst)
        #expect(try RateLimit(parsing: limit.description) == limit)
    }

    @Test func `is nil when the setting is off`() throws {
        #expect(try RateLimit.parseSetting("off") == nil)
        #expect(try RateLimit.parseSetting("2/s")?.count == 2)
    }

    @Test(arguments: [
        ("", "write it as in 10/min burst 5"), (" 10/min", "write it as in"), ("10/min,", "write it as in"),
        (",10/min", "write it as in"), ("10/min,,burst 5", "write it as in"), ("10", "a count and a unit"),
        ("10/min/s", "a count and a unit"), ("0/min", "0 would admit nothing"),
        ("-1/min", "\"-1\" is not a whole number"),
        ("+1/min", "\"+1\" is not a whole number"), ("1.5/min", "\"1.5\" is not a whole number"),
        ("/min", "\"\" is not a whole number"), ("1000001/h", "1000001 is too many"),
        ("99999999999999999999/h", "99999999999999999999 is too many"), ("١/min", "is not a whole number"),
        ("10/minute", "write 10/min"), ("10/m", "write 10/min"), ("10/MIN", "write 10/min"), ("10/sec", "write 10/s"),
        ("10/hour", "write 10/h"), ("10/d", "\"d\" is not a unit"), ("10/ms", "\"ms\" is not a unit"),
        ("10/", "\"\" is not a unit"),
        ("10/min 5", "write 10/min burst 5"), ("10/min burst", "write 10/min burst 5"),
        ("10/min burst 5 6", "write 10/min burst 5"), ("10/min Burst 5", "write 10/min burst 5"),
        ("10/min burst 0", "0 would admit nothing"), ("10/min burst x", "\"x\" is not a whole number"),
        ("10/min burst 1000001", "1000001 is too many"), ("10 /min", "a count and a unit"),
        ("Off", "a count and a unit"),
    ])
    func `is refused with what to write instead`(text: String, message: String) {
        #expect {
            try RateLimit(parsing: text)
        } throws: {
            "\($0)".contains(message) && "\($0)".hasPrefix(text.debugDescription)
        }
    }
}
