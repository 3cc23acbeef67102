import HTTP
package import JSON
import Text

extension Session {
    /// The body of the mint request, with what the browser asked for in it.
    ///
    /// What is not allowed by the file is refused, as is a session that would not be valid. A variable's value is text:
    /// it cannot end the string that it stands in, and places in it are not filled in again. With nothing given and no
    /// variables declared this is ``body``, made already.
    package func body(overrides: JSONObject, variables: JSONObject) throws(InvalidRequest) -> [UInt8] {
        if overrides.isEmpty, variables.isEmpty, access.variables.isEmpty { return body }
        var tree = tree
        let values = try check(variables)
        if !access.variables.isEmpty {
            tree = tree.replacing(.string(template.filled(with: values)), at: ["session", "instructions"])
        }
        for override in overrides.members {
            guard let rule = access.overrides.first(where: { $0.name.hasSameBytes(as: override.name) }) else {
                throw InvalidRequest("overrides.\(override.name)", "may not be changed in this session")
            }
            tree = tree.replacing(try rule.value(for: override.value), at: (["session"] + rule.path)[...])
        }
        if !overrides.isEmpty { try checkRules(of: tree) }
        return tree.serialized()
    }

    private func check(_ variables: JSONObject) throws(InvalidRequest) -> [String: String] {
        for name in variables.names where !access.variables.contains(where: { $0.name.hasSameBytes(as: name) }) {
            throw InvalidRequest("variables.\(name)", "is not a variable of this session")
        }
        var values: [String: String] = [:]
        for rule in access.variables {
            guard let value = variables[rule.name] else {
                throw InvalidRequest("variables.\(rule.name)", "is required")
            }
            guard let text = value.stringValue else {
                throw InvalidRequest("variables.\(rule.name)", "must be a string, is \(value.typeName)")
            }
            if let objection = rule.text.objection(to: text) {
                throw InvalidRequest("variables.\(rule.name)", objection)
            }
            values[rule.name] = text
        }
        return values
    }

    /// Each override is valid by itself; two of them together, or a text, may still not be.
    private func checkRules(of tree: JSON) throws(InvalidRequest) {
        let violations = Schema.judge(tree, as: kind)
        guard let violation = violations.first(where: { owner.severity(of: $0.level) == .error }) else { return }
        let path =
            violation.path.hasPrefix("session.") ? String(violation.path.dropFirst("session.".count)) : violation.path
        throw InvalidRequest("overrides.\(path)", violation.advice(for: kind))
    }
}
