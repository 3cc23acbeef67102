import EphemeraldCore
import Glibc
import Logging
import Sessions
import System

/// Runs the daemon until it is told to stop.
/// - Parameters:
///   - source: what a reload reads again.
///   - listener: nil to listen at `HOST` and `PORT`.
func serve(
    _ settings: Settings, from source: FreshConfiguration.Source, under supervisor: Supervisor,
    on listener: consuming Listener?
) -> Outcome {
    let loaded = SessionCatalog.load(
        directory: settings.sessionsDirectory, today: Day.today, rules: settings.sessionRules)
    let configuration = FreshConfiguration(settings: settings, sessions: loaded)
    guard !loaded.hasErrors else {
        // For whoever tries to start it, in whatever form the log is.
        StandardError.print(configuration.findings)
        return .configuration
    }
    do throws(StartFailure) {
        let diagnostics = try Diagnostics(settings.output.logFormat, journal: source.environment["JOURNAL_STREAM"])
        for finding in configuration.findings { diagnostics.write(.warning, finding.message) }
        let daemon = try Daemon(
            configuration, from: source, diagnostics: diagnostics, supervisor: supervisor, listener: listener)
        try daemon.run()
        return .success
    } catch {
        StandardError.print(["error: \(error.words)"])
        return error.outcome
    }
}

extension Day {
    /// The day by the system's clock.
    static var today: Day {
        Day(unixSeconds: time(nil))
    }
}
