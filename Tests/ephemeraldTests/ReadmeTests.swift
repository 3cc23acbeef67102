import EphemeraldCore
import HTTP
import Sessions
import Testing
import ephemerald

@Suite struct `The README` {
    @Test func `lists every setting with its default, and no other`() throws {
        let rows = try ReadmeTable(under: "## Settings").rows
        #expect(rows.map { $0[0] } == Setting.allCases.map(\.name))
        for row in rows {
            let setting = try #require(Setting(rawValue: row[0]))
            #expect(row[1] == setting.row.defaultInWords, "\(setting)")
        }
    }

    @Test func `lists every refusal with its status, and no other`() throws {
        let rows = try ReadmeTable(under: "## Refusals").rows
        let listed = rows.map { "\($0[0]) \($0[1]) Retry-After: \($0[2])" }
        #expect(Set(listed).count == listed.count)
        let all = AllRefusals().map { refusal in
            "\(refusal.code) \(refusal.status.rawValue) Retry-After: \(refusal.retryAfter == nil ? "no" : "yes")"
        }
        #expect(Set(listed) == Set(all))
    }

    @Test func `lists every exit code, and no other`() throws {
        #expect(try ReadmeTable(under: "## Exit codes").names == Outcome.allCases.map { "\($0.rawValue)" })
    }
}
