import Settings
import System
import ephemerald

/// The environment with which nothing is wrong.
let key = ["OPENAI_API_KEY": "sk-proj-0123456789"]

extension Settings {
    /// The settings of these flags and variables.
    init(
        arguments: [String], environment: [String: String], socket: ListeningAddress? = nil, cores: Int = 4
    ) throws(SettingsFailure) {
        try self.init(Source(arguments: arguments, environment: environment), socket: socket, cores: cores)
    }
}

/// The settings of these flags and variables.
func settings(_ flags: String..., environment: [String: String] = key) throws -> Settings {
    try Settings(arguments: flags, environment: environment, cores: 4)
}

/// What is wrong with them, one line a problem; empty when nothing is.
func problems(_ flags: [String] = [], environment: [String: String] = key) -> [String] {
    do throws(SettingsFailure) {
        _ = try Settings(arguments: flags, environment: environment, cores: 4)
        return []
    } catch {
        switch error {
        case .usage(let errors): return errors.messages
        case .invalid(let problems, warnings: _, sessionFiles: _): return problems.map(\.description)
        }
    }
}

/// Whether the failure is one of the command line, exit status 64.
func isUsageError(_ flags: [String]) -> Bool {
    do throws(SettingsFailure) {
        _ = try Settings(arguments: flags, environment: key, cores: 4)
        return false
    } catch {
        guard case .usage = error else { return false }
        return true
    }
}
