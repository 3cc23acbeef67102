package import Sessions
import Settings
import Text

/// A problem or a warning about the settings or the session files.
package struct Diagnosis: Hashable, Sendable, CustomStringConvertible {
    /// Error or warning.
    package let severity: Finding.Severity
    /// One line: the place, what is wrong, and what to write instead.
    package let message: String
    /// The path of the session file; nil for a setting.
    package let file: String?

    /// A problem that keeps the program from working.
    static func error(_ message: String) -> Diagnosis {
        Diagnosis(severity: .error, message: message)
    }

    /// A finding that the program can work with.
    static func warning(_ message: String) -> Diagnosis {
        Diagnosis(severity: .warning, message: message)
    }

    private init(severity: Finding.Severity, message: String, file: String? = nil) {
        self.severity = severity
        self.message = message
        self.file = file
    }

    /// A finding in the directory of the session files.
    init(_ finding: Finding, in files: SessionFiles) {
        if finding.file == files.directory {
            self.init(severity: finding.severity, message: "\(files.phrase): \(finding)")
        } else {
            self.init(
                severity: finding.severity, message: "\(files.directory)/\(finding)",
                file: "\(files.directory)/\(finding.file.withoutControls)")
        }
    }

    /// `error: LOOPS (--loops): "many": …`.
    package var description: String { "\(severity.rawValue): \(message)" }
}

extension LoadedSessions {
    /// The findings in the session files, and a warning when there is no session for requests that name none.
    func diagnoses(in files: SessionFiles) -> [Diagnosis] {
        let isWithoutDefault = !hasErrors && catalog.session(named: "default") == nil
        let warning = Diagnosis.warning(
            "\(files.phrase): \(files.directory) has no default.json: a request that names no session is refused")
        return findings.map { Diagnosis($0, in: files) } + (isWithoutDefault ? [warning] : [])
    }
}

extension SettingsFailure {
    /// Each warning and each problem.
    var diagnoses: [Diagnosis] {
        switch self {
        case .usage(let errors): errors.messages.map(Diagnosis.error)
        case .invalid(let problems, let warnings, _):
            warnings.map(Diagnosis.warning) + problems.map { .error($0.description) }
        }
    }
}

extension StandardError {
    /// Writes each on a line. The errors are last, because people look for them.
    static func print(_ diagnoses: [Diagnosis]) {
        let (warnings, errors) = (
            diagnoses.filter { $0.severity == .warning }, diagnoses.filter { $0.severity == .error }
        )
        print((warnings + errors).map(\.description))
    }
}
