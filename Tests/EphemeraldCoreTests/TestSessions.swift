import Sessions
import TestTools

/// Session files that a test writes, read as the daemon reads them.
enum TestSessions {
    static let instructions = "You are the canary-instructions."

    /// One session of each kind, one that answers in full, and one that uses all of `access`.
    static let all: SessionCatalog = catalog([
        "default": #"{"session":{"type":"realtime","model":"gpt-realtime-2.1","instructions":"\#(instructions)"}}"#,
        "full": #"{"answer":"full","session":{"type":"realtime","model":"gpt-realtime-2.1"}}"#,
        "transcribe": #"{"session":{"type":"transcription"}}"#,
        "translate": #"{"session":{"model":"gpt-realtime-translate","audio":{"output":{"language":"es"}}}}"#,
        "shop": #"""
        {"session":{"type":"realtime","model":"gpt-realtime-2.1","instructions":"You help {{customer}}.",
          "audio":{"output":{"voice":"marin"}}},
         "expires_after":{"anchor":"created_at","seconds":60},
         "access":{"origins":["https://shop.example"],"variables":{"customer":{"maxLength":10}},
          "overrides":{"audio.output.voice":["marin","cedar"],"audio.output.speed":{"min":0.8,"max":1.2}}}}
        """#,
    ])

    /// The sessions of these files' texts, by name. They have no errors.
    static func catalog(_ files: [String: String]) -> SessionCatalog {
        do {
            let directory = try TemporaryDirectory()
            for (name, text) in files { try directory.file("\(name).json", text) }
            let loaded = SessionCatalog.load(directory: directory.path, today: Day(2026, 11, 22))
            precondition(!loaded.hasErrors, "\(loaded.findings)")
            return loaded.catalog
        } catch {
            preconditionFailure("the directory for temporary files cannot be written to: \(error)")
        }
    }

    static func session(_ name: String) -> Session {
        guard let session = all.session(named: name) else { preconditionFailure("there is no session \(name)") }
        return session
    }
}
