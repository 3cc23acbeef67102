/// The commands of the program.
package enum CommandName: String, CaseIterable, Sendable {
    /// As they are written on the command line; `serve` may be left out.
    case serve, check, mint, key, usage, lookup, healthcheck, settings
}
