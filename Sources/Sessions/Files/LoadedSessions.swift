/// What reading a directory of session files came to.
package struct LoadedSessions: Sendable {
    /// The sessions without errors.
    package let catalog: SessionCatalog
    /// What is wrong or doubtful in any file, in the order of the files' names.
    package let findings: [Finding]
    /// A number for the bytes of each session's file, by name: equal as long as the file is, within one process.
    package let fingerprints: [String: Int]

    /// Whether any file has an error: such a directory is not to be started with.
    package var hasErrors: Bool {
        findings.contains { $0.severity == .error }
    }
}
