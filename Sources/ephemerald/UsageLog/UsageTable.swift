package import EphemeraldCore
import JSON
import Sessions
import Text

/// What `ephemerald usage` counts: tokens and calls, refusals and failures of each group, and what its calls took.
package struct UsageTable {
    /// What lines are grouped by.
    package enum Group: String, CaseIterable, Sendable {
        /// Named as in `--by`; a line without a value counts as `-`.
        case caller, origin, session, client, outcome
    }

    private struct Counts {
        var minted = 0
        /// By this service: 4xx, and 503 while it is paused or overloaded.
        var refused = 0
        /// Upstream.
        var failed = 0
        /// Of calls that ended.
        var seconds = 0
        /// By tokens, and by calls that ended, in millionths.
        var spent = 0

        /// Sums stay far below the largest integer, even of lines that nobody here wrote.
        mutating func add(_ end: EndedCall) {
            seconds = min(seconds + end.seconds, 1 << 62)
            add(end.spent ?? .zero)
        }

        mutating func add(_ money: Money) { spent = min(spent + Int(money.micros), 1 << 62) }

        /// To a tenth.
        var minutes: Double { (Double(seconds) / 6).rounded() / 10 }
        var money: Money { Money(micros: Int64(spent)) }
    }

    /// An attacker may bring a million addresses; beyond these they are one group.
    private static let largest = 100_000
    private static let others = "(others)"

    private let group: Group
    private var counts: [String: Counts] = [:]
    private var total = Counts()
    private var hasCalls = false
    private var hasMoney = false

    /// Empty.
    package init(by group: Group) {
        self.group = group
    }

    /// Counts a line.
    package mutating func add(_ record: UsageRecord) {
        let name = row(of: name(of: record))
        let member: WritableKeyPath<Counts, Int> =
            if record.isMint { \.minted } else if record.isUpstreamFailure { \.failed } else { \.refused }
        counts[name, default: Counts()][keyPath: member] += 1
        total[keyPath: member] += 1
        // The lines of ends have no other groups, so a sum by another group would lack the calls.
        if let spent = record.spent, group == .caller || group == .session {
            counts[name]?.add(spent)
            total.add(spent)
            hasMoney = true
        }
        add(unlogged: record.unlogged)
    }

    /// Counts refusals that have no line.
    package mutating func add(unlogged count: Int) {
        guard count > 0 else { return }
        let rest = group == .outcome ? "too_many_refusals" : "-"
        counts[rest, default: Counts()].refused += count
        total.refused += count
    }

    /// Counts how long a call lasted and what it cost, by caller and by session; the line has no other groups.
    package mutating func add(_ end: EndedCall) {
        let name: String?
        switch group {
        case .caller: name = end.caller
        case .session: name = end.session
        case .origin, .client, .outcome: return
        }
        counts[row(of: (name ?? "-").loggable(256)), default: Counts()].add(end)
        total.add(end)
        hasCalls = true
        hasMoney = hasMoney || end.spent != nil
    }

    private func row(of name: String) -> String {
        counts[name] == nil && counts.count >= UsageTable.largest ? UsageTable.others : name
    }

    private func name(of record: UsageRecord) -> String {
        let name: String? =
            switch group {
            case .caller: record.caller
            case .origin: record.origin
            case .session: record.session
            case .client: record.client
            case .outcome: record.isMint ? "minted" : record.refusal ?? "\(record.status)"
            }
        return (name ?? "-").loggable(256)
    }

    private var rows: [(name: String, counts: Counts)] {
        counts.map { ($0.key, $0.value) }.sorted {
            $0.counts.minted == $1.counts.minted ? $0.name < $1.name : $0.counts.minted > $1.counts.minted
        }
    }

    /// The table, its columns aligned: numbers to the right. It has columns for calls when some have ended.
    package var lines: [String] {
        let head = [group.rawValue, "minted", "refused", "failed"]
        let ofCalls = (hasCalls ? ["minutes"] : []) + (hasMoney ? ["spent"] : [])
        let body = (rows + [("total", total)]).map { row in
            let counts = row.counts
            let calls = (hasCalls ? ["\(counts.minutes)"] : []) + (hasMoney ? ["\(counts.money)"] : [])
            return [row.name, "\(counts.minted)", "\(counts.refused)", "\(counts.failed)"] + calls
        }
        return Columns.aligned([head + ofCalls] + body, texts: 1)
    }

    /// The same as JSON, one object a group and none for the total.
    package var json: [String] {
        rows.map { row in
            var object: JSONObject = [
                group.rawValue: .string(row.name), "minted": .number(JSONNumber(row.counts.minted)),
                "refused": .number(JSONNumber(row.counts.refused)), "failed": .number(JSONNumber(row.counts.failed)),
            ]
            if hasCalls { object["minutes"] = .number(JSONNumber(row.counts.minutes)) }
            if hasMoney { object["spent"] = .number(JSONNumber(Double(row.counts.spent) / 1e6)) }
            return JSON.object(object).description
        }
    }
}

extension UsageRecord {
    /// Whether it is for the upstream that no token came: it refused, failed, or had failed so often that no request
    /// was sent (`upstream_unavailable`). A 5xx without a refusal counts here too.
    fileprivate var isUpstreamFailure: Bool {
        status >= 500 && refusal?.hasPrefix("upstream_") != false || refusal == "upstream_rate_limited"
    }
}

/// Rows of text as a table.
enum Columns {
    /// A duration as `M:SS`, or as `H:MM:SS`.
    static func clock(_ seconds: Int, hasHours: Bool = false) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let minutes = seconds / 60
        let rest = ":" + two(seconds % 60)
        return hasHours ? "\(minutes / 60):" + two(minutes % 60) + rest : "\(minutes)" + rest
    }

    /// The rows as lines, their columns two spaces apart.
    /// - Parameter texts: how many columns, from the first on, are aligned to the left; the others have numbers.
    static func aligned(_ rows: [[String]], texts: Int) -> [String] {
        guard let head = rows.first else { return [] }
        let widths = head.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return column < texts ? row[column] + space : space + row[column]
            }.joined(separator: "  ")
        }
    }
}
