internal import CLinux
package import EphemeraldCore
package import Sessions
package import System

/// The usage log as the journal of the quotas and of the calls: what was given out on which day is counted from its
/// lines, and so are the calls that are open.
package struct Journal {
    /// What is counted so far.
    package private(set) var ledger = QuotaLedger()
    /// Tokens and calls of the present day.
    package private(set) var mintsOfToday = 0
    /// The money that tokens and calls of the present day have taken and calls have not given back.
    package private(set) var moneyOfToday = Money.zero
    /// The calls in its lines.
    package private(set) var calls: CallHistory
    /// Warnings for the operator; one line each.
    package private(set) var warnings: [String] = []

    /// How many days before and after the present one are counted, for a wall clock that is corrected later.
    private static let neighbours = 3
    /// The same where only calls are looked for: no call lasts longer.
    private static let neighboursOfCalls = 1

    private let neighbours: Int
    private let quotas: Quotas
    private let spending: SpendingLimits
    private let today: Day
    private var foreign = 0

    /// Reads the log at that path and its rotated files, as far as the days reach.
    package init(
        of path: String, quotas: Quotas, spending: SpendingLimits = SpendingLimits(), today: Day
    ) throws(SystemError) {
        self.quotas = quotas
        self.spending = spending
        self.today = today
        calls = CallHistory(spending: spending)
        neighbours = quotas.areOff && spending.areOff ? Journal.neighboursOfCalls : Journal.neighbours
        // A clock that was set back left lines that are younger than the file: so twice the days.
        let since = Day.epoch.days(until: today) - 2 * neighbours
        warnings = try LogFiles(of: path, since: since * 86_400).read { count($0) }
        if foreign > 0 { warnings.append("\(path): lines that are not usage lines and were not counted: \(foreign)") }
        guard calls.strangeLines > 0 else { return }
        let words = "lines about calls that this program does not write and that were passed over"
        warnings.append("\(path): \(words): \(calls.strangeLines)")
    }

    private mutating func count(_ line: ArraySlice<UInt8>) {
        guard !line.isEmpty else { return }
        guard let day = UsageRecord.day(of: line), line.last == UInt8(ascii: "}") else {
            foreign += 1
            return
        }
        guard abs(day.days(until: today)) <= neighbours else { return }
        let isCall = line.holds(Journal.call)
        // Without quotas nobody counts tokens, and without limits on money nobody counts what they cost.
        let hasSpent = !spending.areOff && line.holds(Journal.spent)
        guard isCall || hasSpent || !quotas.areOff && line.holds(Journal.mark) else { return }
        // A line with another inside is two lines that were written into one, and so neither.
        guard line.position(of: Journal.beginning, from: line.startIndex + 1) == nil else {
            foreign += 1
            return
        }
        if isCall { return countCall(line) }
        let caller = line.text(after: Journal.caller)
        guard line.holds(Journal.success), case .plain(let session) = line.text(after: Journal.session),
            caller != .other, let spent = hasSpent ? line.money(after: Journal.spent) : .zero
        else { return countSlowly(line, on: day) }
        count(caller: caller.value, session: session, on: day)
        take(spent, caller: caller.value, on: day)
    }

    private mutating func countCall(_ line: ArraySlice<UInt8>) {
        let isCreation = line.holds(Journal.creation)
        switch calls.read(line) {
        case .opened(let call):
            count(caller: call.plan.caller, session: call.plan.session, on: call.plan.day)
            take(call.plan.reserved, caller: call.plan.caller, on: call.plan.day)
        case .ended(let call, let spent) where isCreation:
            // The line of its end came first.
            count(caller: call.plan.caller, session: call.plan.session, on: call.plan.day)
            take(spent, caller: call.plan.caller, on: call.plan.day)
        case .ended(let call, let spent):
            let back = call.plan.reserved - spent
            ledger.giveBack(Int(back.micros), to: call.plan.spending, on: call.plan.day)
            if call.plan.day == today { addToToday(.zero - back) }
        case nil: break
        }
    }

    private mutating func take(_ money: Money, caller: String?, on day: Day) {
        ledger.take(spending.checks(caller: caller, amount: money), on: day, today: today)
        if day == today { addToToday(money) }
    }

    /// The sum is bounded as that of the ledger is: lines that somebody forged must not stop the start.
    private mutating func addToToday(_ money: Money) {
        moneyOfToday = min(max(moneyOfToday + money, .zero), .largest)
    }

    /// Reads a line with something unusual in it as JSON, which takes longer.
    private mutating func countSlowly(_ line: ArraySlice<UInt8>, on day: Day) {
        guard let record = UsageRecord(Array(line)) else {
            foreign += 1
            return
        }
        // The creation of a call may have cost something although its answer was lost.
        if let spent = record.spent { take(spent, caller: record.caller, on: day) }
        guard record.isMint, let session = record.session else { return }
        count(caller: record.caller, session: session, on: day)
    }

    private mutating func count(caller: String?, session: String, on day: Day) {
        ledger.take(quotas.checks(caller: caller, session: session), on: day, today: today)
        if day == today { mintsOfToday += 1 }
    }

    /// In every line of a mint. In a text that a client sent, the quotation marks are escaped.
    private static let success = Array(#""http.response.status_code":200,"#.utf8)
    private static let caller = Array(#""enduser.pseudo.id":"#.utf8)
    private static let session = Array(#""ephemerald.session.name":"#.utf8)
    private static let beginning = Array(#"{"timestamp":"#.utf8)
    /// In every line about a call, and in those about the creation of one.
    private static let call = Array(#""ephemerald.call.id":"#.utf8)
    private static let creation = Array(#""ephemerald.call.upstream_id":"#.utf8)
    private static let mark = Array(#""ephemerald.secret.sha256":"#.utf8)
    private static let spent = Array(#""ephemerald.spent":"#.utf8)
}

extension Day {
    fileprivate static let epoch = Day(1970, 1, 1)
}

/// What can be found in a line without reading it as JSON.
extension ArraySlice<UInt8> {
    /// A member of an object, as far as it can be read without the grammar of JSON.
    fileprivate enum PlainText: Equatable {
        /// There is no such member.
        case none
        case plain(String)
        /// It is not a string, or it has escapes.
        case other

        /// Nil for no member.
        var value: String? {
            if case .plain(let text) = self { text } else { nil }
        }
    }

    /// Whether those bytes occur anywhere in these.
    func holds(_ bytes: [UInt8]) -> Bool {
        position(of: bytes, from: startIndex) != nil
    }

    /// Where those bytes first occur, from an index on.
    func position(of bytes: [UInt8], from start: Int) -> Int? {
        let offset = unsafe self[start...].withUnsafeBytes { text in
            unsafe clinux_position(text.baseAddress, text.count, bytes, bytes.count)
        }
        return offset < 0 ? nil : start + offset
    }

    /// The string after a name with its colon. In a text that a client sent, the quotation marks of the name are escaped.
    fileprivate func text(after name: [UInt8]) -> PlainText {
        guard let position = position(of: name, from: startIndex) else { return .none }
        let value = self[(position + name.count)...]
        guard value.first == UInt8(ascii: "\"") else { return .other }
        let text = value.dropFirst().prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        guard text.endIndex < endIndex, self[text.endIndex] == UInt8(ascii: "\"") else { return .other }
        return .plain(String(decoding: text, as: UTF8.self))
    }

    /// The amount after a name with its colon; nil for what is not one.
    fileprivate func money(after name: [UInt8]) -> Money? {
        guard let position = position(of: name, from: startIndex) else { return nil }
        let digits = self[(position + name.count)...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let money = Int64(String(decoding: digits, as: UTF8.self)).map(Money.init)
        return money.flatMap { $0 <= .largest ? $0 : nil }
    }
}
