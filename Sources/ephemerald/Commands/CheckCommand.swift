package import ArgumentParser

/// `ephemerald check`: judges settings and session files without starting anything.
package struct CheckCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Report every problem of the settings and the session files.",
        discussion: HelpText.pointer)

    @Flag(help: "Rewrite the session files that need it.")
    var fix = false

    @OptionGroup var arguments: SettingsArguments

    package init() {}

    package func run() throws {
    }
}
