import EphemeraldCore
import Sessions
import Settings

/// What the last reading of the configuration said, and what is in force since, for the operations listener.
struct LastReading: Sendable {
    private(set) var limits: LimitsInForce
    private(set) var findings: [StatusReport.Finding]
    private(set) var reload: StatusReport.Reload?

    /// The reading of the start.
    init(_ configuration: Configuration) {
        limits = LimitsInForce(configuration.settings.limits)
        findings = configuration.findings.map(StatusReport.Finding.init)
    }

    /// A reload took effect.
    mutating func adopt(_ configuration: Configuration, _ changes: ConfigurationChanges) {
        self = LastReading(configuration)
        reload = .init(
            isDone: true, unixMilliseconds: Surroundings.unixMilliseconds(), summary: changes.summary)
    }

    /// A reload was refused: everything stays in force.
    mutating func refuse(_ broken: Configuration.Broken) {
        findings = broken.findings.map(StatusReport.Finding.init)
        reload = .init(
            isDone: false, unixMilliseconds: Surroundings.unixMilliseconds(),
            summary: "the old configuration stays in force")
    }
}

extension StatusReport.Finding {
    fileprivate init(_ diagnosis: Diagnosis) {
        // The file of a session has its name.
        let file = diagnosis.file?.split(separator: "/").last
        let session = file.flatMap { file in
            file.hasSuffix(SessionCatalog.suffix) ? String(file.dropLast(SessionCatalog.suffix.count)) : nil
        }
        self.init(diagnosis.severity, diagnosis.message, session: session)
    }
}

extension LimitsInForce {
    fileprivate init(_ limits: Settings.Limits) {
        self.init(
            rates: limits.rates, refusals: limits.refusals, quotas: limits.quotas, spending: limits.spending,
            calls: limits.calls, mints: limits.maxInFlight)
    }
}
