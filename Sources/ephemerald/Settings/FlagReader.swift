import FoundationEssentials
import HTTP
import Sessions
import Text

/// A command line that cannot be understood; exit status 64.
package struct UsageErrors: Error, Hashable, Sendable {
    /// One sentence an error. None shows the value of a flag that is unknown or a secret.
    package let messages: [String]
}

/// The reader of settings on the command line: `--flag value`, `--flag=value`, and `--flag` alone for true.
package struct FlagReader {
    private var rest: ArraySlice<String>
    private var values: [Setting: String] = [:]
    private var errors: [String] = []

    /// The values of the flags.
    /// - Parameter arguments: what stands behind the program's name and the command.
    package static func values(of arguments: [String]) throws(UsageErrors) -> [Setting: String] {
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
        guard let setting = Setting(flag: flag) else { return refuseUnknown(flag, hasValue: attached != nil) }
        if let file = setting.secretFile { return refuseSecret(setting, file: file, hasValue: attached != nil) }
        guard let value = attached ?? separateValue(of: setting) else {
            errors.append(
                setting.row.kind == .boolean
                    ? "\(flag) takes true or false; without a value it is true"
                    : "\(flag) needs a value: \(flag) \(setting.row.placeholder)")
            return
        }
        guard !value.isEmpty else {
            errors.append("\(flag) has an empty value; leave the flag out for the default")
            return
        }
        guard values.updateValue(value, forKey: setting) == nil else {
            errors.append("\(flag) is given twice; give it once\(setting.row.kind == .list ? ", with commas" : "")")
            return
        }
    }

    private mutating func separateValue(of setting: Setting) -> String? {
        let next = rest.first
        if setting.row.kind == .boolean {
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
        let others = ["--help", "--version", "--fix", "--session", "--name", "--ready"]
        let nearest = Setting.nearest(toKey: String(flag.drop { $0 == "-" }))?.flag ?? flag.nearest(in: others)
        let hint = nearest.map { "did you mean \($0)?" } ?? "see ephemerald settings"
        errors.append("unknown flag \(flag.shown); \(hint)")
    }

    private mutating func refuseSecret(_ setting: Setting, file: Setting, hasValue: Bool) {
        if !hasValue { dropValue() }
        errors.append(
            "\(setting.flag) is not accepted: the process list would show it to every user of this machine; "
                + "put it into a file and name that with \(file.flag) (\(file.name))")
    }

    /// What follows a refused flag is its value, and may be a secret: it is neither read nor shown.
    private mutating func dropValue() {
        if let next = rest.first, !next.hasPrefix("--") { rest.removeFirst() }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var isDirectory = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory
    }

    private mutating func refuseStray(_ argument: String) {
        let commands = CommandName.allCases.map(\.rawValue)
        if commands.contains(argument) {
            errors.append("the command stands first: ephemerald \(argument) …")
        } else if FlagReader.isDirectory(argument) {
            let flag = Setting.sessionsDirectory.flag
            errors.append("\(argument.shown) is not a flag; a directory of session files is named with \(flag)")
        } else if argument.utf8.count <= 12, argument.utf8.allSatisfy(\.isLowercaseLetter) {
            let hint = CommandName.nearest(to: argument).map { "did you mean \($0)?" }
            let all = "commands are \(commands.joined(separator: ", ")); settings are written --port 3001"
            errors.append("\(argument.shown) is neither a command nor a flag; \(hint ?? all)")
        } else {
            // Not shown: it may be a secret that a shell split off its flag.
            errors.append("an argument that is no flag; settings are written --port 3001 or --port=3001")
        }
    }
}
