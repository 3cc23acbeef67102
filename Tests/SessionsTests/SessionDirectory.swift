import Foundation
import Sessions
import TestTools

/// A directory of session files that a test writes, and that is removed with it.
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

    func load(on today: Day = SessionDirectory.today) -> LoadedSessions {
        SessionCatalog.load(directory: path, today: today)
    }

    /// What is found in one file of that text, as lines without the file's name.
    static func findings(in text: String, on today: Day = SessionDirectory.today) throws -> [String] {
        try SessionDirectory(["x.json": text]).load(on: today).findings.map {
            "\($0.severity) \($0.description.dropFirst("x.json".count).drop { $0 == ":" || $0 == " " })"
        }
    }

    /// The session of that text.
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
