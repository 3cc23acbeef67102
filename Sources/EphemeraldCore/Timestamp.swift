import Sessions

/// Points of time as text.
package enum Timestamp {
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
