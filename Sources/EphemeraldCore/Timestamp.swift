import Sessions

/// Points of time as text.
package enum Timestamp {
    /// From 1970 to the end of 9999, behind which RFC 3339 has no years.
    package static let unixSeconds = 0...253_402_300_799

    /// `2026-11-22T12:00:00.000Z` (RFC 3339, UTC).
    package static func rfc3339(_ unixMilliseconds: Int64) -> String {
        let (seconds, milliseconds) = unixMilliseconds.quotientAndRemainder(dividingBy: 1_000)
        let secondOfDay = Int(seconds % 86_400)
        let time = [secondOfDay / 3_600, secondOfDay / 60 % 60, secondOfDay % 60].map { padded($0, to: 2) }
        return "\(Day(unixSeconds: Int(seconds)))T\(time.joined(separator: ":")).\(padded(Int(milliseconds), to: 3))Z"
    }

    private static func padded(_ number: Int, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
