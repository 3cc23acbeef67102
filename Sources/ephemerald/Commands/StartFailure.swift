/// Why the daemon does not start.
struct StartFailure: Error {
    let outcome: Outcome
    let words: String
}
