package import ArgumentParser

/// `ephemerald mint`: one token to standard output, for a script.
package struct MintCommand: ParsableCommand {
    /// Its name, and its words in `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "mint", abstract: "Print one token and exit.",
        usage: "ephemerald mint [--session NAME] [--SETTING VALUE ...]", discussion: HelpText.pointer)

    @Option(help: ArgumentHelp("The session to mint for.", valueName: "name"))
    var session = "default"

    @OptionGroup var arguments: SettingsArguments

    /// For swift-argument-parser, which fills in what was written.
    package init() {}

    /// Waits for the upstream as long as a request would.
    /// - Throws: the exit status, where it is not 0.
    package func run() throws {
        try mint(arguments.settings(), session: session).exit()
    }
}
