import FoundationEssentials
import Sessions
import Text

/// A command line that cannot be understood; exit status 64.
package struct UsageErrors: Error, Hashable, Sendable {
    /// One sentence for each error. None contains the value of a flag that is unknown or a secret.
    package let messages: [String]
}

/// The commands of the program.
package enum CommandName: String, CaseIterable, Sendable {
    /// As they are written on the command line; `serve` is the default.
    case serve, check, mint, key, usage, lookup, forget, calls, deny, allow, healthcheck, settings

    /// The command whose name is most similar to this word; nil when none is similar.
    static func nearest(to word: String) -> String? {
        // Exchanging two letters counts as two changes.
        word.nearest(in: allCases.map(\.rawValue), within: word.count < 5 ? nil : 2)
    }

    /// The error in `ephemerald help WORD`; nil when there is such a command, or no word.
    package static func mistake(in arguments: some Collection<String>) -> String? {
        guard arguments.first == "help", let word = arguments.dropFirst().first, !word.hasPrefix("-"),
            word != "help", CommandName(rawValue: word) == nil
        else { return nil }
        let hint = nearest(to: word).map { "did you mean \($0)?" }
        let all = "the commands are \(allCases.map(\.rawValue).joined(separator: ", "))"
        return "there is no help for \(word.shown), which is not a command; \(hint ?? all)"
    }
}

/// The reader of settings on the command line: `--flag value`, `--flag=value`, and `--flag` without a value for true.
struct FlagReader {
    private var rest: ArraySlice<String>
    private var values: [Setting: String] = [:]
    private var errors: [String] = []

    /// The values of the flags.
    /// - Parameter arguments: the words after the program's name and the command.
    static func values(of arguments: [String]) throws(UsageErrors) -> [Setting: String] {
        var reader = FlagReader(rest: arguments[...])
        while let argument = reader.rest.popFirst() { reader.read(argument) }
        guard reader.errors.isEmpty else { throw UsageErrors(messages: reader.errors) }
        return reader.values
    }

    private mutating func read(_ argument: String) {
        guard argument.hasPrefix("-"), argument != "-", argument != "--" else { return refuseStray(argument) }
        let equals = argument.firstIndex(of: "=")
        let flag = String(argument[..<(equals ?? argument.endIndex)])
        let attached = equals.map { String(argument[argument.index(after: $0)...]) }
        guard let setting = Setting.withFlag(flag) else { return refuseUnknown(flag, hasValue: attached != nil) }
        if let file = setting.fileSetting { return refuseSecret(setting, file: file, hasValue: attached != nil) }
        guard let value = attached ?? separateValue(of: setting) else {
            errors.append(
                setting.kind == .boolean
                    ? "\(flag) accepts true or false; without a value it is true"
                    : "\(flag) needs a value: \(flag) \(setting.placeholder)")
            return
        }
        guard !value.isEmpty else {
            errors.append("\(flag) has an empty value; omit the flag for the default")
            return
        }
        guard values.updateValue(value, forKey: setting) == nil else {
            errors.append("\(flag) is given twice; give it once\(setting.kind == .list ? ", with commas" : "")")
            return
        }
    }

    private mutating func separateValue(of setting: Setting) -> String? {
        let next = rest.first
        if setting.kind == .boolean {
            // A command in the wrong place has an error of its own.
            guard let next, !next.hasPrefix("-"), CommandName(rawValue: next) == nil else { return "true" }
            guard next == "true" || next == "false" else {
                dropValue()
                return nil
            }
        } else if next?.hasPrefix("--") ?? true {
            return nil
        }
        return rest.popFirst()
    }

    private mutating func refuseUnknown(_ flag: String, hasValue: Bool) {
        if !hasValue { dropValue() }
        let others = ["--help", "--version", "--fix", "--session", "--name", "--ready", "--json", "--caller", "--all"]
        let nearest = Setting.nearest(toKey: String(flag.drop { $0 == "-" }))?.flag ?? flag.nearest(in: others)
        let hint = nearest.map { "did you mean \($0)?" } ?? "see ephemerald settings"
        errors.append("unknown flag \(flag.shown); \(hint)")
    }

    private mutating func refuseSecret(_ setting: Setting, file: Setting, hasValue: Bool) {
        if !hasValue { dropValue() }
        errors.append(
            "\(setting.flag) is not accepted: the process list would show it to every user of this machine; "
                + "write it to a file and name that with \(file.flag) (\(file.name))")
    }

    /// Skips the value of a refused flag, which may be a secret: it is neither read nor shown.
    private mutating func dropValue() {
        if let next = rest.first, !next.hasPrefix("--") { rest.removeFirst() }
    }

    private mutating func refuseStray(_ argument: String) {
        let commands = CommandName.allCases.map(\.rawValue)
        var isDirectory = false
        if commands.contains(argument) {
            errors.append("the command comes first: ephemerald \(argument) …")
        } else if FileManager.default.fileExists(atPath: argument, isDirectory: &isDirectory), isDirectory {
            let flag = Setting.sessionsDirectory.flag
            errors.append("\(argument.shown) is not a flag; name a directory of session files with \(flag)")
        } else if argument.utf8.count <= 12, argument.utf8.allSatisfy(\.isLowercaseLetter) {
            let hint = CommandName.nearest(to: argument).map { "did you mean \($0)?" }
            let all = "commands are \(commands.joined(separator: ", ")); settings are written --port 3001"
            errors.append("\(argument.shown) is neither a command nor a flag; \(hint ?? all)")
        } else {
            // Not shown: it may be a secret that a shell separated from its flag.
            errors.append("an argument is not a flag; settings are written --port 3001 or --port=3001")
        }
    }
}
