package import ArgumentParser
import EphemeraldCore
import JSON
import Sessions
import Settings
import Text

/// `ephemerald deny`: refuses a caller, an address or an origin at a running daemon, and lists who is refused.
package struct DenyCommand: ParsableCommand {
    /// Name and texts for `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "deny", abstract: "Refuse a caller, an address or an origin, or list who is refused.",
        usage: """
            ephemerald deny [--json] [--SETTING VALUE ...]
            ephemerald deny CALLER|ADDRESS|ORIGIN [--for DURATION] [--keep-calls] [--SETTING VALUE ...]
            ephemerald deny --caller NAME [--for DURATION] [--keep-calls] [--SETTING VALUE ...]
            """,
        discussion:
            "Connects to the operations listener at OPS_HOST and OPS_PORT. ORIGIN has ://, ADDRESS is an address or a "
            + "range such as 192.0.2.0/24, and all else is the name of a caller. The calls of a caller are ended; those "
            + "of an address or an origin cannot be renewed. ephemerald allow ends a denial. Both exit with 69 when Redis "
            + "has not got the order, so that only this daemon follows it. " + HelpText.pointer)

    @Flag(help: "One JSON object a denial.")
    var json = false

    @Option(help: ArgumentHelp("A caller whose name looks like an address or an origin.", valueName: "name"))
    var caller: String?

    @Option(name: .customLong("for"), help: ArgumentHelp("How long, such as 30min, 2h or 7d.", valueName: "duration"))
    var time: String?

    @Flag(help: "Leave the open calls of the caller alone.")
    var keepCalls = false

    @OptionGroup var arguments: SettingsArguments

    /// For swift-argument-parser, which fills in the options.
    package init() {}

    /// Prints the list, or what was done, to standard output.
    /// - Throws: the exit status, when it is not 0.
    package func run() throws {
        let (denial, count) = try arguments.denial(orCaller: caller)
        guard let denial else {
            guard time == nil, !keepCalls else { throw ValidationError("deny: write CALLER, ADDRESS or ORIGIN") }
            return try list()
        }
        guard !json else { throw ValidationError("--json is for the list") }
        let seconds = try time.map { text in
            do throws(Invalid) {
                let longest = Duration.seconds(Timestamp.tenYears)
                return Int(
                    try Duration(parsingSetting: text, in: .seconds(1)...longest, takesDays: true).components.seconds)
            } catch {
                throw ValidationError("--for: \(text.shown): \(error.reason)")
            }
        }
        let order = DenyOperations.Order.deny(denial, seconds: seconds)
        let body = try CallsCommand.ask("PUT", order.target, arguments, settingsAfter: count)
        print("denied: \(denial.kind.rawValue) \(denial.value.loggable(256))" + (time.map { " for \($0)" } ?? ""))
        let isShared = DenyCommand.reportLoss(of: body)
        if case .caller(let name) = denial, !keepCalls {
            let ended = try CallsCommand.ask(
                "DELETE", CallSelection.caller(name).target, arguments, settingsAfter: count)
            let calls = ended["ending"]?.numberValue?.integer ?? 0
            if calls > 0 { print(calls == 1 ? "1 call is ending" : "\(calls) calls are ending") }
            try CallsCommand.check(ended)
        }
        if !isShared { try Outcome.unavailable.exit() }
    }

    /// Prints that a restart or other daemons do not know what was ordered.
    /// - Returns: whether all daemons know it.
    fileprivate static func reportLoss(of body: JSON) -> Bool {
        if let reason = body["not_kept"]?.stringValue { StandardError.print(["warning: \(reason.loggable(512))"]) }
        guard let reason = body["not_shared"]?.stringValue else { return true }
        StandardError.print(["error: \(reason.loggable(512))"])
        return false
    }

    private func list() throws {
        let body = try CallsCommand.ask("GET", DenyOperations.path, arguments, settingsAfter: 0)
        let denials = body["denied"]?.arrayValue ?? []
        if json { return denials.forEach { print($0.description) } }
        let rows = denials.map { denial -> [String] in
            let seconds = denial["seconds_left"]?.numberValue?.integer
            let left = seconds.map { Columns.clock($0, hasHours: true) }
            return [
                denial["kind"]?.stringValue ?? "-", (denial["value"]?.stringValue ?? "-").loggable(256), left ?? "-",
            ]
        }
        for line in Columns.aligned([["kind", "value", "left"]] + rows, texts: 2) { print(line) }
    }
}

/// `ephemerald allow`: ends a denial.
package struct AllowCommand: ParsableCommand {
    /// Name and texts for `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "allow", abstract: "End the denial of a caller, an address or an origin.",
        usage: "ephemerald allow CALLER|ADDRESS|ORIGIN | --caller NAME [--SETTING VALUE ...]",
        discussion:
            "Connects to the operations listener at OPS_HOST and OPS_PORT. It exits with 1 when nobody was denied by "
            + "that name. " + HelpText.pointer)

    @Option(help: ArgumentHelp("A caller whose name looks like an address or an origin.", valueName: "name"))
    var caller: String?

    @OptionGroup var arguments: SettingsArguments

    /// For swift-argument-parser, which fills in the options.
    package init() {}

    /// Prints what was done to standard output.
    /// - Throws: the exit status, when it is not 0.
    package func run() throws {
        let (denial, count) = try arguments.denial(orCaller: caller)
        guard let denial else { throw ValidationError("allow: write CALLER, ADDRESS or ORIGIN") }
        let order = DenyOperations.Order.allow(denial)
        let body = try CallsCommand.ask("DELETE", order.target, arguments, settingsAfter: count)
        guard body["unknown"] == nil else {
            StandardError.print(["nobody was denied by that name"])
            return try Outcome.negative.exit()
        }
        print("not denied any longer: \(denial.kind.rawValue) \(denial.value.loggable(256))")
        if !DenyCommand.reportLoss(of: body) { try Outcome.unavailable.exit() }
    }
}

extension SettingsArguments {
    /// The one who is named after the command, and how many words that took; nil when nobody is.
    fileprivate func denial(orCaller caller: String?) throws -> (denial: Denial?, count: Int) {
        let named = tokens.first.flatMap { $0.hasPrefix("-") ? nil : $0 }
        guard named == nil || caller == nil else { throw ValidationError("write --caller or a value, not both") }
        do throws(Invalid) {
            if let caller { return (try Denial(.caller, caller), 0) }
            if let named { return (try Denial(guessing: named), 1) }
        } catch {
            throw ValidationError("\((named ?? caller ?? "").shown): \(error.reason)")
        }
        return (nil, 0)
    }
}
