import FoundationEssentials

extension SessionCatalog {
    /// A session file may have this many bytes, 1 MiB: OpenAI's own limit for a body lies below it.
    package static let largestFile = 1 << 20

    /// How the name of a session file ends.
    package static let suffix = ".json"

    /// Reads every `NAME.json` of a directory. Other files, and names that begin with a dot, are not looked at, so a
    /// README, an editor's backups and the links of a Kubernetes ConfigMap (`..data`) may lie beside them.
    /// - Parameters:
    ///   - today: the day by which models and features that end are judged.
    ///   - rules: what the settings decide about the files.
    package static func load(
        directory: String, today: Day, rules: SessionRules = SessionRules()
    ) -> LoadedSessions {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            return LoadedSessions(directory, "cannot be read as a directory\(reason(error))")
        }
        let files = names.filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }.sorted()
        if files.isEmpty { return LoadedSessions(directory, "has no session file (NAME.json)") }
        var sessions: [Session] = []
        var findings: [Finding] = []
        var fingerprints: [String: Int] = [:]
        for file in files {
            let name = String(file.dropLast(suffix.count))
            guard isName(name) else {
                let rule =
                    "a session's name has a-z, 0-9, _ and - only, begins with a letter or digit, and has at most 64 characters"
                findings.append(Finding(.error, file: file, rule))
                continue
            }
            do throws(UnreadableFile) {
                let bytes = try contents(of: "\(directory)/\(file)")
                fingerprints[name] = bytes.hashValue
                var reader = SessionReader(file: file, today: today, rules: rules)
                if let session = reader.session(named: name, in: bytes) { sessions.append(session) }
                findings += reader.findings
            } catch {
                findings.append(Finding(.error, file: file, error.message))
            }
        }
        return LoadedSessions(catalog: SessionCatalog(sessions), findings: findings, fingerprints: fingerprints)
    }

    private static func contents(of path: String) throws(UnreadableFile) -> [UInt8] {
        // The attributes are those of a link itself, so it is followed first.
        let path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let data: Data
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            // A pipe would be read for ever.
            guard attributes[.type] as? FileAttributeType == .typeRegular else {
                throw UnreadableFile(message: "is not a regular file or a link to one")
            }
            guard let size = integer(attributes[.size]), size <= largestFile else {
                throw UnreadableFile(message: "is larger than 1 MiB")
            }
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw error as? UnreadableFile ?? UnreadableFile(message: "cannot be read\(reason(error))")
        }
        return Array(data)
    }
}

extension SessionCatalog {
    /// Why a file cannot be read, behind a colon; empty when Foundation does not say.
    private static func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile, .fileNoSuchFile: ": it does not exist"
        case .fileReadNoPermission: ": this user may not read it"
        default: ""
        }
    }

    /// The number of a file attribute: an `NSNumber`, which casts to `Int`, where all of Foundation is linked, as in
    /// tests; one of Swift's integers, which does not, where only FoundationEssentials is, as in the program.
    private static func integer(_ attribute: Any?) -> Int? {
        attribute as? Int ?? (attribute as? any BinaryInteger).flatMap { Int(exactly: $0) }
    }
}

/// A file whose bytes are not to be had.
private struct UnreadableFile: Error {
    let message: String
}

extension LoadedSessions {
    /// Nothing but a word about the directory.
    fileprivate init(_ directory: String, _ message: String) {
        self.init(catalog: SessionCatalog(), findings: [Finding(.error, file: directory, message)], fingerprints: [:])
    }
}
