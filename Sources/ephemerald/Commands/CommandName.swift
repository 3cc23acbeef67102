import Sessions
import Text

/// The commands of the program.
package enum CommandName: String, CaseIterable, Sendable {
    /// As they are written on the command line; `serve` may be left out.
    case serve, check, mint, key, usage, lookup, healthcheck, settings

    /// The command whose name is most like this word; nil when none is like it.
    static func nearest(to word: String) -> String? {
        // Two letters that changed places are two changes.
        word.nearest(in: allCases.map(\.rawValue), within: word.count < 5 ? nil : 2)
    }

    /// What is wrong with `ephemerald help WORD`; nil when there is such a command, or nothing to look up.
    package static func mistake(in arguments: some Collection<String>) -> String? {
        guard arguments.first == "help", let word = arguments.dropFirst().first, !word.hasPrefix("-"),
            word != "help", CommandName(rawValue: word) == nil
        else { return nil }
        let hint = nearest(to: word).map { "did you mean \($0)?" }
        let all = "there are \(allCases.map(\.rawValue).joined(separator: ", "))"
        return "there is no help for \(word.shown), which is not a command; \(hint ?? all)"
    }
}
