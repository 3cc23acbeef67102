import JSON

/// One way in which a request body breaks the rules of a session configuration.
package struct Violation: Hashable, Sendable {
    /// How sure it is that the body is no good.
    package enum Level: Hashable, Sendable {
        /// OpenAI answers 400.
        case refusedByOpenAI
        /// OpenAI answers 400 because of the model; another upstream may have a model of that name that takes it.
        case refusedForModel
        /// Against a rule that is published as prose, or about to end, or depends on the model: sent, with a warning.
        case doubtful
    }

    /// What is wrong.
    enum Fault: Hashable, Sendable {
        case unknown(allowed: [String])
        /// Known with other values of `type`, the owners, and not with this one.
        case foreign(owners: [String], type: String, allowed: [String])
        case missing
        case wrongType(expected: [String], found: JSON)
        case unsupported(String, supported: [String])
        case malformed(String, form: String)
        /// `limits` is the whole range in words, `limit` the end of it that was passed.
        case below(limit: String, limits: String, found: JSONNumber)
        case above(limit: String, limits: String, found: JSONNumber)
        case count(allowed: ClosedRange<Int>, found: Int)
        /// Against another member of the same session; the words say which.
        case conflict(String)
        /// A model that refuses turn detection, which must be written as null.
        case turnDetection(model: String)
    }

    /// The member, from the top of the body: `session.tools[0].name`. OpenAI's errors call it `param`.
    package let path: String
    /// Whether OpenAI refuses it, or may.
    package let level: Level
    let fault: Fault

    init(_ path: String, _ fault: Fault, level: Level = .refusedByOpenAI) {
        self.path = path
        self.fault = fault
        self.level = level
    }

    /// Whether all that is wrong is the name of a model, which is not known.
    var isAboutModelName: Bool {
        if case .unsupported = fault { level == .doubtful && path.hasSuffix(".model") } else { false }
    }

    /// The same, as something doubtful; a wrong type, an unknown name and a missing member stay refused.
    var weakened: Violation {
        switch fault {
        case .wrongType, .unknown, .foreign, .missing: self
        default: Violation(path, fault, level: .doubtful)
        }
    }
}

/// OpenAI's side of it: how its error body puts the violation.
extension Violation {
    /// The member `code` of OpenAI's error body.
    package var code: String {
        switch fault {
        case .unknown, .foreign: "unknown_parameter"
        case .missing: "missing_required_parameter"
        case .wrongType: "invalid_type"
        case .unsupported, .malformed, .conflict, .turnDetection: "invalid_value"
        case .below(_, _, let found): found.isSpelledAsInteger ? "integer_below_min_value" : "decimal_below_min_value"
        case .above(_, _, let found): found.isSpelledAsInteger ? "integer_above_max_value" : "decimal_above_max_value"
        case .count(_, let found): found == 0 ? "empty_array" : "array_above_max_length"
        }
    }

    /// The member `message` of OpenAI's error body.
    package var message: String {
        switch fault {
        case .unknown, .foreign: "Unknown parameter: '\(path)'."
        case .missing: "Missing required parameter: '\(path)'."
        case .wrongType(let expected, let found):
            "Invalid type for '\(path)': expected \(expected.listed(by: "or")), but got \(found.typeName) instead."
        case .unsupported(let value, let supported):
            "Invalid value: '\(value)'. Supported values are: \(supported.map { "'\($0)'" }.listed(by: "and"))."
        case .malformed(let value, let form): "Invalid value for '\(path)': '\(value)'. Expected \(form)."
        case .below(let minimum, _, let found):
            "Invalid '\(path)': \(found.kindName) below minimum value. "
                + "Expected a value >= \(minimum), but got \(found.spelling) instead."
        case .above(let maximum, _, let found):
            "Invalid '\(path)': \(found.kindName) above maximum value. "
                + "Expected a value <= \(maximum), but got \(found.spelling) instead."
        case .count(let allowed, 0):
            "Invalid '\(path)': empty array. "
                + "Expected an array with minimum length \(allowed.lowerBound), but got an empty array instead."
        case .count(let allowed, let found):
            "Invalid '\(path)': array too long. Expected an array with maximum length \(allowed.upperBound), "
                + "but got an array with length \(found) instead."
        case .conflict(let words): "Invalid value for '\(path)': \(words)."
        case .turnDetection: "Turn detection is not supported for this transcription model."
        }
    }
}

extension JSONNumber {
    fileprivate var kindName: String { isSpelledAsInteger ? "integer" : "decimal" }
}

extension [String] {
    /// `a`, `a or b`, `a, b, or c`, as OpenAI's messages list things.
    func listed(by conjunction: String) -> String {
        switch count {
        case 0: "nothing"
        case 1: self[0]
        case 2: "\(self[0]) \(conjunction) \(self[1])"
        default: "\(dropLast().joined(separator: ", ")), \(conjunction) \(self[count - 1])"
        }
    }
}
