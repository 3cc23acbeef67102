package import EphemeraldCore
import JSON
import Sessions
import Text

/// What `ephemerald usage` counts: tokens, refusals and failures of each group.
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
    }

    /// An attacker may bring a million addresses; beyond these they are one group.
    private static let largest = 100_000
    private static let others = "(others)"

    private let group: Group
    private var counts: [String: Counts] = [:]
    private var total = Counts()

    /// Empty.
    package init(by group: Group) {
        self.group = group
    }

    /// Counts a line.
    package mutating func add(_ record: UsageRecord) {
        var name = name(of: record)
        if counts[name] == nil, counts.count >= UsageTable.largest { name = UsageTable.others }
        let member: WritableKeyPath<Counts, Int> =
            if record.isMint { \.minted } else if record.isUpstreamFailure { \.failed } else { \.refused }
        counts[name, default: Counts()][keyPath: member] += 1
        total[keyPath: member] += 1
        guard record.unlogged > 0 else { return }
        let rest = group == .outcome ? "too_many_refusals" : "-"
        counts[rest, default: Counts()].refused += record.unlogged
        total.refused += record.unlogged
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

    /// The table, its columns aligned: numbers to the right.
    package var lines: [String] {
        let head = [group.rawValue, "minted", "refused", "failed"]
        let body = (rows + [("total", total)]).map { row in
            [row.name, "\(row.counts.minted)", "\(row.counts.refused)", "\(row.counts.failed)"]
        }
        let cells = [head] + body
        let widths = head.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + space : space + row[column]
            }.joined(separator: "  ")
        }
    }

    /// The same as JSON, one object a group and none for the total.
    package var json: [String] {
        rows.map { row in
            let object: JSONObject = [
                group.rawValue: .string(row.name), "minted": .number(JSONNumber(row.counts.minted)),
                "refused": .number(JSONNumber(row.counts.refused)), "failed": .number(JSONNumber(row.counts.failed)),
            ]
            return String(decoding: JSON.object(object).serialized(), as: UTF8.self)
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
