import Foundation
import Sessions
import TestTools
import Testing

/// A directory of session files that a test writes, removed with this object.
final class SessionDirectory {
    private let directory: TemporaryDirectory
    static let today = Day(2026, 11, 22)

    init(_ files: [String: String] = [:]) throws {
        directory = try TemporaryDirectory(files)
    }

    var path: String { directory.path }

    func write(_ name: String, _ data: Data) throws {
        try data.write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    func load(on today: Day = SessionDirectory.today, rules: SessionRules = SessionRules()) -> LoadedSessions {
        SessionCatalog.load(directory: path, today: today, rules: rules)
    }

    /// The findings about one file with that text, as lines without the file's name.
    static func findings(
        in text: String, on today: Day = SessionDirectory.today, rules: SessionRules = SessionRules()
    ) throws -> [String] {
        try SessionDirectory(["x.json": text]).load(on: today, rules: rules).findings.map {
            "\($0.severity) \($0.description.dropFirst("x.json".count).drop { $0 == ":" || $0 == " " })"
        }
    }

    /// The session of a file with that text.
    static func session(_ text: String) throws -> Session {
        let loaded = try SessionDirectory(["x.json": text]).load()
        guard let session = loaded.catalog.session(named: "x") else {
            throw NotLoaded(findings: loaded.findings.map(\.description))
        }
        return session
    }

    struct NotLoaded: Error {
        let findings: [String]
    }
}

/// A row of a table of findings: a line of text, and below it the findings, indented by two spaces.
struct Verdict: Sendable, CustomTestStringConvertible {
    let testDescription: String
    private(set) var findings: [String] = []

    /// Lines that begin with `#` are comments.
    static func table(_ text: String) -> [Verdict] {
        var verdicts: [Verdict] = []
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            if line.hasPrefix("  ") {
                verdicts[verdicts.endIndex - 1].findings.append(String(line.dropFirst(2)))
            } else {
                verdicts.append(Verdict(testDescription: String(line)))
            }
        }
        return verdicts
    }
}
