package import EphemeraldCore
package import EventLoop
package import Sessions

/// The usage log as the journal of the quotas: what was given out on which day is counted from its lines.
package struct Journal {
    /// What is counted so far.
    package private(set) var ledger = QuotaLedger()
    /// Tokens of the present day.
    package private(set) var mintsOfToday = 0
    /// What an operator should hear of; one line each.
    package private(set) var warnings: [String] = []

    /// How many days before and behind the present one are counted, for a wall clock that is set right later.
    private static let neighbours = 3

    private let quotas: Quotas
    private let today: Day
    private var foreign = 0

    /// Reads the log at that path and its rotated files, as far as the days reach.
    package init(of path: String, quotas: Quotas, today: Day) throws(SystemError) {
        self.quotas = quotas
        self.today = today
        // A clock that was set back left lines behind that are younger than the file: so twice the days.
        let since = Day.epoch.days(until: today) - 2 * Journal.neighbours
        warnings = try LogFiles(of: path, since: since * 86_400).read { count($0) }
        if foreign > 0 { warnings.append("\(path): lines that are no usage lines, and not counted: \(foreign)") }
    }

    private mutating func count(_ line: ArraySlice<UInt8>) {
        guard !line.isEmpty else { return }
        guard let day = UsageRecord.day(of: line), line.last == UInt8(ascii: "}") else {
            foreign += 1
            return
        }
        guard abs(day.days(until: today)) <= Journal.neighbours, line.holds(Journal.mark) else { return }
        // A line with another inside is two that were glued together, and so none.
        guard line.position(of: Journal.beginning, from: line.startIndex + 1) == nil else {
            foreign += 1
            return
        }
        let caller = line.text(behind: Journal.caller)
        guard line.holds(Journal.success), case .plain(let session) = line.text(behind: Journal.session),
            caller != .other
        else { return countSlowly(line, on: day) }
        count(caller: caller.value, session: session, on: day)
    }

    /// A line with something unusual in it is read by the grammar of JSON, which takes longer.
    private mutating func countSlowly(_ line: ArraySlice<UInt8>, on day: Day) {
        guard let record = UsageRecord(Array(line)) else {
            foreign += 1
            return
        }
        guard record.isMint, let session = record.session else { return }
        count(caller: record.caller, session: session, on: day)
    }

    private mutating func count(caller: String?, session: String, on day: Day) {
        ledger.take(quotas.checks(caller: caller, session: session), on: day, today: today)
        if day == today { mintsOfToday += 1 }
    }

    /// Stands in every line of a mint. In a text that a client sent its quotation marks are escaped.
    private static let success = Array(#""http.response.status_code":200,"#.utf8)
    private static let caller = Array(#""enduser.pseudo.id":"#.utf8)
    private static let session = Array(#""ephemerald.session.name":"#.utf8)
    private static let beginning = Array(#"{"timestamp":"#.utf8)
    private static let mark = Array(#""ephemerald.secret.sha256":"#.utf8)
}

extension Day {
    fileprivate static let epoch = Day(1970, 1, 1)
}
