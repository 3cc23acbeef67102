/// A variable of a session's instructions.
struct VariableRule: Sendable {
    let name: String
    let text: TextLimit
}
