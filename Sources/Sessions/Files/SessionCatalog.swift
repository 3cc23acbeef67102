import FoundationEssentials
import JSON
import Text

/// The sessions that browsers can request, by name.
package struct SessionCatalog: Sendable {
    private let byName: [String: Session]

    /// A catalogue of these sessions; no two may have the same name.
    package init(_ sessions: [Session] = []) {
        byName = Dictionary(uniqueKeysWithValues: sessions.map { ($0.name, $0) })
    }

    /// The session of that name; nil when there is none.
    package func session(named name: String) -> Session? {
        // A text that cannot be a name may be a long text of a stranger's, which takes long to hash.
        SessionCatalog.isName(name) ? byName[name] : nil
    }

    /// All sessions, in the order of their names.
    package var sessions: [Session] {
        byName.values.sorted { $0.name < $1.name }
    }

    /// Whether a session can have that name: `[a-z0-9][a-z0-9_-]{0,63}`.
    package static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, first.isNameStart, name.utf8.count <= 64 else { return false }
        return name.utf8.allSatisfy { $0.isNameStart || "_-".utf8.contains($0) }
    }
}

extension UInt8 {
    fileprivate var isNameStart: Bool {
        isDigit || isLowercaseLetter
    }
}

/// The result of reading a directory of session files.
package struct LoadedSessions: Sendable {
    /// The sessions without errors.
    package let catalog: SessionCatalog
    /// What is wrong or doubtful in the files, in the order of their names.
    package let findings: [Finding]
    /// A number for the bytes of each session's file, by name: equal within one process as long as the file is.
    package let fingerprints: [String: Int]

    /// Whether any file has an error. The program must not start with such a directory.
    package var hasErrors: Bool {
        findings.contains { $0.severity == .error }
    }

    fileprivate init(catalog: SessionCatalog, findings: [Finding], fingerprints: [String: Int] = [:]) {
        self.catalog = catalog
        self.findings = findings
        self.fingerprints = fingerprints
    }
}

/// The reading of a directory.
extension SessionCatalog {
    /// Most bytes of a session file, 1 MiB: OpenAI's own limit for a body is lower.
    package static let largestFile = 1 << 20

    /// The suffix of a session file's name.
    package static let suffix = ".json"

    /// Reads every `NAME.json` of a directory. Other files, and names that begin with a dot, are ignored, so a README,
    /// an editor's backups and the links of a Kubernetes ConfigMap (`..data`) may be in the same directory.
    /// - Parameters:
    ///   - today: the day on which the announced ends of models and features are judged.
    ///   - rules: what the settings decide about the files.
    package static func load(
        directory: String, today: Day, rules: SessionRules = SessionRules()
    ) -> LoadedSessions {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            return nothing(in: directory, "cannot be read as a directory\(reason(error))")
        }
        let files = names.filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }.sorted()
        if files.isEmpty { return nothing(in: directory, "has no session file (NAME.json)") }
        return load(files, today: today, rules: rules) { file throws(Invalid) in
            try contents(of: "\(directory)/\(file)")
        }
    }

    /// Reads an object that has the text of a session file for each name.
    /// - Parameter place: what findings about the whole call it.
    package static func load(
        text: String, place: String, today: Day, rules: SessionRules = SessionRules()
    ) -> LoadedSessions {
        let object: JSONObject
        do throws(JSONError) {
            guard case .object(let members) = try JSON(parsing: Array(text.utf8)) else {
                return nothing(in: place, "is not an object; write the sessions by their names: {\"default\": {…}}")
            }
            object = members
        } catch {
            return LoadedSessions(
                catalog: SessionCatalog(), findings: [Finding(.error, file: place, error.message, at: error)])
        }
        if object.members.isEmpty { return nothing(in: place, "has no session") }
        let bytes = Dictionary(
            uniqueKeysWithValues: object.members.map { ("\($0.name)\(suffix)", $0.value.serialized()) })
        return load(bytes.keys.sorted(), today: today, rules: rules) { file throws(Invalid) in bytes[file] ?? [] }
    }

    private static func nothing(in place: String, _ reason: String) -> LoadedSessions {
        LoadedSessions(catalog: SessionCatalog(), findings: [Finding(.error, file: place, reason)])
    }

    private static func load(
        _ files: [String], today: Day, rules: SessionRules, contents: (String) throws(Invalid) -> [UInt8]
    ) -> LoadedSessions {
        var sessions: [Session] = []
        var findings: [Finding] = []
        var fingerprints: [String: Int] = [:]
        for file in files {
            let name = String(file.dropLast(suffix.count))
            do throws(Invalid) {
                guard isName(name) else {
                    throw Invalid(
                        "a session's name has a-z, 0-9, _ and - only, begins with a letter or digit, and has at most "
                            + "64 characters")
                }
                let bytes = try contents(file)
                fingerprints[name] = bytes.hashValue
                var reader = SessionReader(file: file, today: today, rules: rules)
                if let session = reader.session(named: name, in: bytes) { sessions.append(session) }
                findings += reader.findings
            } catch {
                findings.append(Finding(.error, file: file, error.reason))
            }
        }
        return LoadedSessions(catalog: SessionCatalog(sessions), findings: findings, fingerprints: fingerprints)
    }

    private static func contents(of path: String) throws(Invalid) -> [UInt8] {
        // The attributes of a link are its own, so it is followed first.
        let path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            // Reading a pipe could take for ever.
            guard attributes[.type] as? FileAttributeType == .typeRegular else {
                throw Invalid("is not a regular file or a link to one")
            }
            guard let size = integer(attributes[.size]), size <= largestFile else {
                throw Invalid("is larger than 1 MiB")
            }
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw error as? Invalid ?? Invalid("cannot be read\(reason(error))")
        }
    }

    /// Why a file cannot be read, after a colon; empty when Foundation does not say.
    private static func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile, .fileNoSuchFile: ": it does not exist"
        case .fileReadNoPermission: ": this user may not read it"
        default: ""
        }
    }

    /// The number in a file attribute: an `NSNumber`, which casts to `Int`, where all of Foundation is linked, as in
    /// tests; a Swift integer of any type, where only FoundationEssentials is linked, as in the program.
    private static func integer(_ attribute: Any?) -> Int? {
        attribute as? Int ?? (attribute as? any BinaryInteger).flatMap { Int(exactly: $0) }
    }
}
