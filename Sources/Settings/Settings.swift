package import EphemeraldCore
import FoundationEssentials
package import System
import Text

/// The settings of the program, checked: any value of this type can be worked with.
package struct Settings: Sendable {
    /// Where settings come from: what the process was started with.
    package struct Source: Sendable {
        /// The words after the command's name, without the command's own flags.
        package let arguments: [String]
        /// The variables of the process.
        package let environment: [String: String]

        /// The environment as it was at the start, or what a test provides.
        package init(arguments: [String], environment: [String: String]) {
            self.arguments = arguments
            self.environment = environment
        }
    }

    /// Addresses, loops, and how it stops.
    package let listening: Listening
    /// Origins, callers and proxies.
    package let access: Access
    /// Sizes, rates and quotas.
    package let limits: Limits
    /// Where tokens come from.
    package let upstream: Upstream
    /// The usage log and the diagnostics.
    package let output: Output
    /// The collector of metrics and spans; nil when nothing is sent.
    package let telemetry: Telemetry?
    /// Nil for the real OpenAI.
    package let sandbox: Sandbox?
    /// Whether the demo page is served.
    package let isDemo: Bool
    /// Whether changed files are read without a signal.
    package let watchesFiles: Bool
    /// Where the session files are, and how they are checked.
    package let sessionFiles: SessionFiles
    /// What was written, to see what a reload changes.
    package let written: WrittenValues
    /// What works and the operator should know; one line each.
    package let warnings: [String]
}

/// Settings that the program cannot work with.
package enum SettingsFailure: Error, Sendable {
    /// The command line cannot be understood; exit status 64.
    case usage(UsageErrors)
    /// Every problem, and the warnings; exit status 78. The session files can be checked all the same, unless nobody knows
    /// where they are.
    case invalid([SettingProblem], warnings: [String], sessionFiles: SessionFiles?)
}

extension Setting {
    package static let config = Setting(
        "CONFIG", .text, .none, "FILE", .restart, file: .authority,
        "A JSON file with settings, as in {\"port\": 3001}. Anyone who can write it decides everything below.")
    package static let watch = Setting(
        "WATCH", .boolean, .value("true"), "true|false", .restart,
        "Whether files take effect when they change: session files, the files of keys and callers, the file of CONFIG. "
            + "With false they wait for SIGHUP.")
}

extension Setting.Group {
    static let sources = Self("Sources", [.config, .watch])
}

extension Settings {
    /// Reads every setting from everywhere, and reports everything that is wrong at once.
    /// - Parameters:
    ///   - socket: the address of a listening socket that exists already, inherited or in use. It replaces `HOST` and
    ///     `PORT`: what must be set depends on who can reach the socket.
    ///   - pipes: how files are read that are not regular ones.
    ///   - cores: how many event loops there are by default.
    package init(
        _ source: Source, socket: ListeningAddress? = nil, pipes: InputFile.Pipes = .patient,
        cores: Int = ProcessInfo.processInfo.activeProcessorCount
    ) throws(SettingsFailure) {
        var reader: SettingsReader
        do throws(UsageErrors) { reader = try SettingsReader(source, pipes: pipes) } catch { throw .usage(error) }
        let address = reader.address()
        if let socket { reader.warnUnlessAt(socket, address) }
        listening = Listening(&reader, at: socket ?? address, cores: cores)
        access = Access(&reader)
        limits = Limits(&reader, environment: source.environment)
        sandbox = reader.sandbox()
        // A sandbox whose value is wrong is a sandbox: the missing key is not its problem.
        let isSandbox = sandbox != nil || reader.isWrong(.sandbox)
        upstream = Upstream(&reader, isSandbox: isSandbox, environment: source.environment)
        output = Output(&reader)
        telemetry = reader.telemetry()
        isDemo = reader.readIfSet(.demo) { text throws(Invalid) in try Bool(parsingSetting: text) } ?? isSandbox
        watchesFiles = reader.bool(.watch)
        if let path = reader[.config]?.text {
            reader.warnAboutOthers(.config, path, InputFile.permissions(of: path), .authority)
            reader.warnAboutMount(.config, path)
        }
        reader.checkCallerLimits(access, limits)
        reader.checkQuotas(limits, output)
        reader.checkLogNames(limits, output, upstream.safetySalt)
        if !reader.isWrong(.host) { reader.checkReach(of: listening.address, access, limits) }
        let sessionFiles = SessionFiles(reader)
        guard reader.problems.isEmpty, let sessionFiles else {
            throw .invalid(reader.problems, warnings: reader.warnings, sessionFiles: sessionFiles)
        }
        self.sessionFiles = sessionFiles
        written = WrittenValues(reader)
        warnings = reader.warnings
    }

    /// Reads where the daemon listens and nothing else: a health check does not need the key.
    package static func address(_ source: Source) throws(SettingsFailure) -> ListeningAddress {
        try only(source) { $0.address() }
    }

    /// Reads where the operations listener is and nothing else; nil when it is off.
    package static func operationsAddress(_ source: Source) throws(SettingsFailure) -> ListeningAddress? {
        try only(source) { $0.operations() }
    }

    /// Reads where the usage lines go and nothing else, for the commands that read them.
    package static func usageLog(_ source: Source) throws(SettingsFailure) -> UsageLogTarget {
        try only(source) { $0.usageLog() }
    }

    /// Reads the salt of safety identifiers and nothing else, for the commands that search for hashes; nil where no salt
    /// is kept, or none has been made yet.
    package static func safetyIdentifiers(_ source: Source) throws(SettingsFailure) -> SafetyIdentifier? {
        switch try only(source, { $0.safetySalt(source.environment) }) {
        case .kept(let identifiers): identifiers
        case .made(let path): try? SafetySalt.read(path)
        case .ofThisProcess: nil
        }
    }

    private static func only<Value>(
        _ source: Source, _ read: (inout SettingsReader) -> Value
    ) throws(SettingsFailure) -> Value {
        var reader: SettingsReader
        do throws(UsageErrors) { reader = try SettingsReader(source, pipes: .patient) } catch { throw .usage(error) }
        let value = read(&reader)
        guard reader.problems.isEmpty else {
            throw .invalid(reader.problems, warnings: reader.warnings, sessionFiles: nil)
        }
        return value
    }
}
