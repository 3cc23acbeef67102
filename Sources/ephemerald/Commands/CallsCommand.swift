package import ArgumentParser
import EphemeraldCore
import JSON
import Sessions
import Settings
import System
import Text

/// `ephemerald calls`: lists the calls of a running daemon, and ends them.
package struct CallsCommand: ParsableCommand {
    /// Name and texts for `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "calls", abstract: "List the calls of the running daemon, or end some of them.",
        usage: """
            ephemerald calls [--json] [--SETTING VALUE ...]
            ephemerald calls end CALL | --caller NAME | --session NAME | --all [--SETTING VALUE ...]
            """,
        discussion:
            "Connects to the operations listener at OPS_HOST and OPS_PORT. CALL is the first column of the list, and "
            + "ephemerald.call.id in the usage log. calls end exits with 1 when no such call was open. "
            + HelpText.pointer)

    @Flag(help: "One JSON object a call.")
    var json = false

    @Option(help: ArgumentHelp("With end: the calls of this caller, as the list names them.", valueName: "name"))
    var caller: String?

    @Option(help: ArgumentHelp("With end: the calls of this session.", valueName: "name"))
    var session: String?

    @Flag(help: "With end: all calls.")
    var all = false

    @OptionGroup var arguments: SettingsArguments

    /// For swift-argument-parser, which fills in the options.
    package init() {}

    /// Prints the list, or how many calls are ending, to standard output.
    /// - Throws: the exit status, when it is not 0.
    package func run() throws {
        guard arguments.tokens.first == "end" else {
            guard caller == nil, session == nil, !all else {
                throw ValidationError("--caller, --session and --all are for: ephemerald calls end")
            }
            let body = try CallsCommand.ask("GET", CallOperations.path, arguments, settingsAfter: 0)
            guard let calls = body["calls"]?.arrayValue else { throw CallsCommand.failure("the answer is not a list") }
            for line in json ? calls.map(\.description) : CallsTable.lines(calls) { print(line) }
            return try CallsCommand.check(body)
        }
        let named = arguments.tokens.dropFirst().first.flatMap { $0.hasPrefix("-") ? nil : $0 }
        let selection = try selection(named)
        let body = try CallsCommand.ask(
            "DELETE", selection.target, arguments, settingsAfter: named == nil ? 1 : 2)
        guard let count = body["ending"]?.numberValue?.integer else {
            throw CallsCommand.failure("the answer has no number")
        }
        if count > 0 { print(count == 1 ? "1 call is ending" : "\(count) calls are ending") }
        try CallsCommand.check(body)
        guard count > 0 else {
            StandardError.print(["no such call was open"])
            return try Outcome.negative.exit()
        }
    }

    /// - Throws: when the answer says that it is not about all calls.
    static func check(_ body: JSON) throws {
        if let reason = body["incomplete"]?.stringValue { throw failure(reason.loggable(256)) }
    }

    private func selection(_ named: String?) throws -> CallSelection {
        guard !json else { throw ValidationError("--json is for the list") }
        var selections: [CallSelection] = []
        if let named {
            guard let name = CallName(named) else {
                throw ValidationError("end: the name of a call has 32 hexadecimal digits; ephemerald calls lists them")
            }
            selections.append(.call(name))
        }
        if let caller { selections.append(.caller(caller)) }
        if let session { selections.append(.session(session)) }
        if all { selections.append(.all) }
        guard selections.count == 1, caller != "", session != "" else {
            throw ValidationError("end: write one of CALL, --caller NAME, --session NAME and --all")
        }
        return selections[0]
    }

    /// The JSON that the operations listener answers with. It may be about 100,000 calls, in a Redis that is far away.
    static func ask(
        _ method: String, _ target: String, _ arguments: SettingsArguments, settingsAfter count: Int
    ) throws -> JSON {
        let listener: ListeningAddress?
        do throws(SettingsFailure) {
            listener = try Settings.operationsAddress(arguments.source(skipping: count))
        } catch {
            throw SettingsArguments.report(error)
        }
        guard let address = listener else {
            StandardError.print(["error: OPS_PORT is off, so the daemon has no operations listener"])
            throw ExitCode(Outcome.configuration.rawValue)
        }
        do throws(HealthProbe.Failure) {
            let socket = try ProbeSocket(to: address.reachable, deadline: .now + .seconds(60))
            try socket.send("\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            let answer = try socket.wholeAnswer(limit: 64 << 20)
            return try CallsCommand.body(of: answer)
        } catch {
            throw CallsCommand.failure("\(address): \(error.reason)")
        }
    }

    private static func body(of answer: [UInt8]) throws(HealthProbe.Failure) -> JSON {
        let line = String(decoding: answer.prefix { $0 != 0x0D }, as: UTF8.self)
        let words = line.split(separator: " ")
        guard line.hasPrefix("HTTP/1."), words.count >= 2, let status = Int(words[1]) else {
            throw HealthProbe.Failure(reason: "the answer is not HTTP")
        }
        guard status != 404 else {
            throw HealthProbe.Failure(
                reason: "it does not show this; it does so only over loopback or a unix socket (OPS_HOST)")
        }
        let text = CallsCommand.endOfHead(answer).map { Array(answer[$0...]) } ?? []
        // 503 is the answer when not all daemons follow.
        if [200, 202, 503].contains(status), let body = try? JSON(parsing: text) { return body }
        var reason = "it answered \(line.shown)"
        // A sentence that says why it does not do what was ordered.
        let sentence = String(decoding: text.dropLast(), as: UTF8.self)
        if [400, 409].contains(status) { reason += ": \(sentence.loggable(256))" }
        throw HealthProbe.Failure(reason: reason)
    }

    private static func endOfHead(_ answer: [UInt8]) -> Int? {
        let end = Array("\r\n\r\n".utf8)
        return answer.indices.first { answer[$0...].starts(with: end) }.map { $0 + end.count }
    }

    private static func failure(_ text: String) -> any Error {
        StandardError.print(["error: \(text)"])
        return ExitCode(Outcome.unavailable.rawValue)
    }
}

/// The list of calls for people.
private enum CallsTable {
    private static let head = [
        "call", "type", "session", "model", "caller", "state", "age", "left", "lease", "due",
    ]
    /// Texts are aligned to the left, times to the right.
    private static let texts = 6

    static func lines(_ calls: [JSON]) -> [String] {
        Columns.aligned([head] + calls.map(row), texts: texts)
    }

    private static func row(_ call: JSON) -> [String] {
        func text(_ member: String) -> String { (call[member]?.stringValue ?? "-").loggable(256) }
        func time(_ member: String) -> String {
            guard let seconds = call[member]?.numberValue?.integer else { return "-" }
            return Columns.clock(seconds)
        }
        var state = text("state")
        if let reason = call["reason"]?.stringValue { state += " (\(reason))".loggable(64) }
        return [text("id"), text("type"), text("session"), text("model"), text("caller"), state]
            + [time("age_seconds"), time("seconds_left"), time("lease_seconds"), time("due_seconds")]
    }
}
