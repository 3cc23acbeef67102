import Foundation
import JSON
import Sessions
import Testing

/// Sessions that people paste, and the findings of `check`: a directory of files, and a table of verdicts.
struct `Each pasted session` {
    private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Cases").path
    private static let today = Day(2026, 11, 28)
    /// Files for OpenAI's own hosts, and those in `elsewhere/`, for another upstream.
    private static let loaded: [String: LoadedSessions] = [
        "": SessionCatalog.load(directory: directory, today: today),
        "elsewhere/": SessionCatalog.load(
            directory: "\(directory)/elsewhere", today: today, rules: SessionRules(owner: .other)),
    ]
    private static let verdicts = Verdict.table(
        (try? String(contentsOfFile: "\(directory)/verdicts.txt", encoding: .utf8)) ?? "")

    private static func findings(_ file: String) -> [String] {
        loaded.flatMap { folder, loaded in
            loaded.findings.filter { folder + $0.file == file }.map {
                "\($0.severity) \($0.description.dropFirst($0.file.count).drop { $0 == ":" || $0 == " " })"
            }
        }
    }

    @Test(arguments: verdicts)
    func `has the findings of the table`(verdict: Verdict) {
        #expect(Self.findings(verdict.testDescription) == verdict.findings)
    }

    @Test func `is in the table`() throws {
        let files = try ["", "elsewhere/"].flatMap { folder in
            try FileManager.default.contentsOfDirectory(atPath: "\(Self.directory)/\(folder)")
                .filter { $0.hasSuffix(".json") }.map { folder + $0 }
        }
        #expect(files.count >= 60)
        #expect(files.sorted() == Self.verdicts.map(\.testDescription).sorted())
    }

    @Test func `is sent only in a form that OpenAI accepts`() throws {
        let sessions = try #require(Self.loaded[""]).catalog.sessions
        #expect(sessions.count >= 30)
        for session in sessions {
            #expect(Schema.violations(of: try JSON(parsing: session.body), for: session.kind) == [], "\(session.name)")
        }
    }

    @Test(arguments: verdicts)
    func `is fixed once, and then means the same`(verdict: Verdict) throws {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "\(Self.directory)/\(verdict.testDescription)")))
        guard let fixed = try? SessionFile.upgraded(bytes) else { return }
        #expect(try SessionFile.upgraded(fixed) == nil)
        let directory = try SessionDirectory(["x.json": String(decoding: fixed, as: UTF8.self)])
        let name = verdict.testDescription.split(separator: "/").last?.dropLast(".json".count) ?? ""
        let session = Self.loaded.values.compactMap { $0.catalog.session(named: String(name)) }.first
        if let session { #expect(directory.load().catalog.session(named: "x")?.body == session.body) }
    }
}
