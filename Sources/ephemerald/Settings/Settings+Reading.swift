import EphemeraldCore
import FoundationEssentials
import HTTP
import Sessions
package import System

extension Settings {
    /// Reads every setting from everywhere, and reports everything that is wrong at once.
    /// - Parameters:
    ///   - arguments: the command line behind the command's name, without the command's own flags.
    ///   - environment: the variables of the process.
    ///   - socket: the address of a listening socket that is there already, inherited or in use. It stands for `HOST`
    ///     and `PORT`: who may ask is judged by what can be reached, not by what is written.
    ///   - cores: how many event loops there are by default.
    package init(
        arguments: [String], environment: [String: String], socket: ListeningAddress? = nil,
        cores: Int = ProcessInfo.processInfo.activeProcessorCount
    ) throws(SettingsFailure) {
        var reader = try SettingsReader(arguments: arguments, environment: environment)
        let written = reader.address()
        let address = written.map { socket ?? $0 }
        if let socket, let written { reader.warnUnlessAt(socket, written) }
        let listening = reader.listening(at: address, cores: cores)
        let access = reader.access()
        let limits = reader.limits()
        let sandbox = reader.sandbox()
        // A sandbox that is asked for wrongly is asked for: its problem is not the missing key.
        let isReal = if case .some(nil) = sandbox { true } else { false }
        let upstream = reader.upstream(
            isSandbox: !isReal, credentials: environment["CREDENTIALS_DIRECTORY"],
            state: environment["STATE_DIRECTORY"])
        let output = reader.output()
        let demo = reader.readIfSet(.demo) { text throws(InvalidValue) in try Bool(parsingSetting: text) }
        let watchesFiles = reader.read(.watch) { text throws(InvalidValue) in try Bool(parsingSetting: text) }
        let sessionsDirectory = reader.sessionsDirectory()
        if let path = reader[.config]?.text { reader.warnOfWriters(.config, of: path) }
        if let access, let limits, access.auth == [.none], limits.rates.caller != nil {
            reader.warn(.limitCaller, "has no effect while AUTH is none: nobody is asked who he is")
        }
        if let access, let limits, let output { reader.checkQuotas(limits, access: access, output: output) }
        if let address { reader.checkReach(of: address, access: access, limits: limits) }
        guard reader.problems.isEmpty, let listening, let access, let limits, let upstream, let output, let sandbox,
            let demo, let watchesFiles
        else { throw .invalid(reader.problems, warnings: reader.warnings) }
        self.init(
            listening: listening, access: access, limits: limits, upstream: upstream, output: output,
            sandbox: sandbox, isDemo: demo ?? (sandbox != nil), watchesFiles: watchesFiles,
            sessionsDirectory: sessionsDirectory, written: WrittenValues(reader), warnings: reader.warnings)
    }

    /// Reads where the daemon listens and nothing else: a health check does not need the key.
    package static func address(
        arguments: [String], environment: [String: String]
    ) throws(SettingsFailure) -> ListeningAddress {
        try only(arguments, environment) { $0.address() }
    }

    /// Reads where the usage lines go and nothing else, for the commands that read them.
    package static func usageLog(
        arguments: [String], environment: [String: String]
    ) throws(SettingsFailure) -> UsageLogTarget {
        try only(arguments, environment) { $0.usageLog() }
    }

    /// What is decided about session files. The sandbox plays OpenAI, whatever the base URL.
    var sessionRules: SessionRules {
        SessionRules(
            owner: sandbox == nil ? UpstreamOwner(host: upstream.baseURL.origin.host) : .openAI,
            allowsSharedSuffixes: access.allowsSharedSuffixes)
    }

    private static func only<Value>(
        _ arguments: [String], _ environment: [String: String], _ read: (inout SettingsReader) -> Value?
    ) throws(SettingsFailure) -> Value {
        var reader = try SettingsReader(arguments: arguments, environment: environment)
        guard let value = read(&reader), reader.problems.isEmpty else {
            throw .invalid(reader.problems, warnings: reader.warnings)
        }
        return value
    }
}
