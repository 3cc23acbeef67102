/// The commands of the program.
package enum CommandName: String, CaseIterable, Sendable {
    case serve, check, mint, key, usage, lookup, healthcheck
}
