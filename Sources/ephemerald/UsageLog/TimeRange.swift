import EphemeraldCore
import Sessions
import Settings
package import Text

/// The part of the usage log that `--since` and `--until` choose.
package struct TimeRange: Hashable, Sendable {
    /// Unix seconds; nil for the beginning of the log.
    package let since: Int?
    /// Unix seconds, which are not in the range themselves; nil for the end of the log.
    package let until: Int?
    /// The same as time stamps of the log, which sort by time.
    private let first: String
    private let end: String?

    /// Nil for a side without an end.
    package init(since: Int?, until: Int?) {
        (self.since, self.until) = (since, until)
        first = since.map { Timestamp.rfc3339(Int64($0) * 1_000) } ?? ""
        end = until.map { Timestamp.rfc3339(Int64($0) * 1_000) }
    }

    /// Whether a time stamp of the log is in the range.
    package func contains(_ timestamp: String) -> Bool {
        timestamp >= first && end.map { timestamp < $0 } ?? true
    }

    /// Whether all times of a day are outside.
    func excludes(_ day: Day) -> Bool {
        since.map { day < Day(unixSeconds: $0) } ?? false || until.map { Day(unixSeconds: $0) < day } ?? false
    }

    /// Reads a point of time: a duration before now (`30min`, `24h`, `7d`), a day (`2026-11-22`, its beginning), or a time
    /// of RFC 3339 (`2026-11-22T12:00:00Z`), also with a space, without seconds, and without a zone for UTC.
    /// - Parameter now: Unix seconds.
    package static func unixSeconds(of text: String, now: Int) throws(Invalid) -> Int {
        guard text.utf8.dropFirst(4).first == UInt8(ascii: "-") else {
            let longest = Duration.seconds(Timestamp.tenYears)
            let back = try Duration(parsingSetting: text, in: .seconds(1)...longest, takesDays: true)
            return now - Int(back.components.seconds)
        }
        guard let seconds = unixSeconds(of: Array(text.utf8)), Timestamp.unixSeconds.contains(seconds) else {
            throw Invalid("write a duration like 24h, a day like 2026-11-22, or a time like 2026-11-22T12:00:00Z")
        }
        return seconds
    }

    private static func unixSeconds(of text: [UInt8]) -> Int? {
        guard let date = numbers(text.prefix(10), "-"), date.count == 3 else { return nil }
        let day = Day(date[0], date[1], date[2])
        // The 31st of a month with 30 days would be the first of the next.
        guard day.date == (date[0], date[1], date[2]) else { return nil }
        let midnight = Day(1970, 1, 1).days(until: day) * 86_400
        guard text.count > 10 else { return midnight }
        guard [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(text[10]) else { return nil }
        let time = text[11...].prefix { $0.isDigit || $0 == UInt8(ascii: ":") }
        guard let clock = numbers(time, ":"), (2...3).contains(clock.count), clock[0] < 24, clock[1] < 60 else {
            return nil
        }
        let seconds = clock.count == 3 ? clock[2] : 0
        var rest = text[time.endIndex...]
        if clock.count == 3, rest.first == UInt8(ascii: ".") { rest = rest.dropFirst().drop(while: \.isDigit) }
        guard seconds < 60, let offset = offset(rest) else { return nil }
        return midnight + clock[0] * 3_600 + clock[1] * 60 + seconds - offset
    }

    /// The seconds that a zone is ahead of UTC: `Z`, `+01:00`, or nothing.
    private static func offset(_ zone: ArraySlice<UInt8>) -> Int? {
        if zone.isEmpty || zone.elementsEqual("Z".utf8) || zone.elementsEqual("z".utf8) { return 0 }
        guard let sign = zone.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            let clock = numbers(zone.dropFirst(), ":"), clock.count == 2, clock[0] < 24, clock[1] < 60
        else { return nil }
        return (sign == UInt8(ascii: "-") ? -1 : 1) * (clock[0] * 3_600 + clock[1] * 60)
    }

    /// Numbers of four digits and then of two, or all of two.
    private static func numbers(_ text: ArraySlice<UInt8>, _ separator: Unicode.Scalar) -> [Int]? {
        let parts = text.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false)
        let isDate = separator == "-"
        for (place, part) in parts.enumerated() {
            guard part.count == (isDate && place == 0 ? 4 : 2), part.allSatisfy(\.isDigit) else { return nil }
        }
        return parts.compactMap { Int(String(decoding: $0, as: UTF8.self)) }
    }
}
