package import ArgumentParser

/// `ephemerald settings`: every setting with its default. `ephemerald help settings` prints it too.
package struct SettingsCommand: ParsableCommand {
    /// Its name, and its words in `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "List every setting with its default.", usage: "ephemerald settings",
        discussion: HelpText.settings)

    /// For swift-argument-parser.
    package init() {}

    /// Prints the list to standard output.
    package func run() {
        print(HelpText.settings)
    }
}
