import JSON
import Sessions
import Text

private let today = Day(2026, 11, 28)
private let rules = SessionRules(owner: .openAI, moneyOfDay: Money("5"), createsCalls: true)

/// The text of a session file: what `check --fix` writes needs no more fixes, and each finding can be shown on a line.
func trySession(_ input: [UInt8]) {
    if let fixed = try? SessionFile.upgraded(input) {
        let again = try? SessionFile.upgraded(fixed)
        precondition(again == .some(nil), "a file that was fixed needs no fix")
        _ = load(fixed)
    }
    _ = load(input)
}

/// The member `access` of a session file, and then the members `overrides` and `variables` of requests for it: what a
/// request makes of a session is JSON.
func tryAccess(_ input: [UInt8]) {
    let parts = input.parts
    guard let access = try? JSON(parsing: parts[0]) else { return }
    let file: JSON = [
        "session": [
            "type": "realtime", "model": "gpt-realtime-2.1", "instructions": "You help {{customer}} in {{language}}.",
        ],
        "access": access,
    ]
    guard let session = load(file.serialized()) else { return }
    for part in parts.dropFirst().prefix(4) {
        let wanted = try? JSON(parsing: part)
        do throws(Invalid) {
            let body = try session.body(
                overrides: wanted?["overrides"]?.objectValue ?? [:], variables: wanted?["variables"]?.objectValue ?? [:]
            )
            precondition((try? JSON(parsing: body)) != nil, "the body of a mint is JSON")
        } catch {
            precondition(!error.reason.isEmpty)
        }
    }
}

private func load(_ text: [UInt8]) -> Session? {
    guard let text = String(validating: text, as: UTF8.self) else { return nil }
    let loaded = SessionCatalog.load(
        text: #"{"default":\#(text)}"#, place: "CONFIG", today: today, rules: rules)
    for finding in loaded.findings {
        precondition(!"\(finding)".utf8.contains { $0 < 0x20 || $0 == 0x7F }, "a finding is one line: \(finding)")
    }
    precondition(loaded.hasErrors || loaded.catalog.session(named: "default") != nil || loaded.findings.isEmpty)
    return loaded.catalog.session(named: "default")
}
