package import Sessions
import Text

/// Something that an operator should know about the settings or the session files.
package struct Diagnosis: Hashable, Sendable, CustomStringConvertible {
    /// How bad it is.
    package let severity: Finding.Severity
    /// What is wrong and what is right, with its place; one line.
    package let message: String
    /// Path of the session file that it is about; nil for the settings.
    package let file: String?

    /// Something that keeps the program from working.
    static func error(_ message: String) -> Diagnosis {
        Diagnosis(severity: .error, message: message)
    }

    /// Something that it can work with.
    static func warning(_ message: String) -> Diagnosis {
        Diagnosis(severity: .warning, message: message)
    }

    private init(severity: Finding.Severity, message: String, file: String? = nil) {
        self.severity = severity
        self.message = message
        self.file = file
    }

    /// What was found in the directory of the session files.
    /// - Parameter phrase: `SESSIONS_DIR`, and where it was set.
    init(_ finding: Finding, in directory: String, setAs phrase: String) {
        if finding.file == directory {
            self.init(severity: finding.severity, message: "\(phrase): \(finding)")
        } else {
            self.init(
                severity: finding.severity, message: "\(directory)/\(finding)",
                file: "\(directory)/\(finding.file.withoutControls)")
        }
    }

    /// `error: LOOPS (--loops): "many": …`.
    package var description: String { "\(severity.rawValue): \(message)" }
}

extension LoadedSessions {
    /// What was found in the session files, and that there is none for requests that name none.
    /// - Parameter phrase: `SESSIONS_DIR`, and where it was set.
    func diagnoses(in directory: String, setAs phrase: String) -> [Diagnosis] {
        let isWithoutDefault = !hasErrors && catalog.session(named: "default") == nil
        let warning = Diagnosis.warning(
            "\(phrase): \(directory) has no default.json: a request that names no session is refused")
        return findings.map { Diagnosis($0, in: directory, setAs: phrase) } + (isWithoutDefault ? [warning] : [])
    }
}

extension SettingsFailure {
    /// Each warning and each problem.
    var diagnoses: [Diagnosis] {
        switch self {
        case .usage(let errors): errors.messages.map(Diagnosis.error)
        case .invalid(let problems, let warnings):
            warnings.map(Diagnosis.warning) + problems.map { .error($0.description) }
        }
    }
}

extension StandardError {
    /// Writes each on a line, the errors last, where people look first.
    static func print(_ diagnoses: [Diagnosis]) {
        let (warnings, errors) = (
            diagnoses.filter { $0.severity == .warning }, diagnoses.filter { $0.severity == .error }
        )
        print((warnings + errors).map(\.description))
    }
}
