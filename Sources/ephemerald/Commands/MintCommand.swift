package import ArgumentParser

/// `ephemerald mint`: one token to standard output, for a script.
package struct MintCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "mint", abstract: "Print one token and exit.", discussion: HelpText.pointer)

    @Option(help: ArgumentHelp("The session to mint for.", valueName: "name"))
    var session = "default"

    @OptionGroup var arguments: SettingsArguments

    package init() {}

    package func run() throws {
        try mint(arguments.settings(), session: session).exit()
    }
}
