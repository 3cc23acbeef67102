import JSON

/// A rule of a session configuration that a request body breaks.
package struct Violation: Hashable, Sendable {
    /// How certain it is that the body is refused.
    package enum Level: Hashable, Sendable {
        /// OpenAI answers 400.
        case refusedByOpenAI
        /// OpenAI answers 400 because of the model; another upstream may have a model of that name that accepts it.
        case refusedForModel
        /// The rule is published as prose only, or depends on the model: the body is sent, with a warning.
        case doubtful
    }

    /// What is wrong.
    enum Fault: Hashable, Sendable {
        case unknown(allowed: [String])
        /// The member belongs to other values of `type`, the owners.
        case foreign(owners: [String], type: String, allowed: [String])
        case missing
        case wrongType(expected: [String], found: JSON)
        case unsupported(String, supported: [String])
        case malformed(String, form: String)
        /// `limits` describes the whole range, `limit` is the end of it that was passed.
        case outside(limits: String, limit: String, isAbove: Bool, found: JSONNumber)
        case count(allowed: ClosedRange<Int>, found: Int)
        /// The value contradicts another member of the same session, as the message says.
        case conflict(String)
        /// The model refuses turn detection, which must be written as null.
        case turnDetection(model: String)
    }

    /// The member, from the top of the body: `session.tools[0].name`. OpenAI's errors call it `param`.
    package let path: String
    /// How certain it is that OpenAI refuses the body.
    package let level: Level
    let fault: Fault

    init(_ path: String, _ fault: Fault, level: Level = .refusedByOpenAI) {
        self.path = path
        self.fault = fault
        self.level = level
    }

    /// Whether the only fault is an unknown name of a model.
    var isAboutModelName: Bool {
        if case .unsupported = fault { level == .doubtful && path.hasSuffix(".model") } else { false }
    }

    /// The violation of a rule that is published as prose only: doubtful. A wrong type, an unknown name and a missing
    /// member stay refused.
    var weakened: Violation {
        switch fault {
        case .wrongType, .unknown, .foreign, .missing: self
        default: Violation(path, fault, level: .doubtful)
        }
    }
}

/// OpenAI's error body for a violation.
extension Violation {
    /// The member `code` of OpenAI's error body.
    package var code: String {
        switch fault {
        case .unknown, .foreign: "unknown_parameter"
        case .missing: "missing_required_parameter"
        case .wrongType: "invalid_type"
        case .unsupported, .malformed, .conflict, .turnDetection: "invalid_value"
        case .outside(_, _, let isAbove, let found): "\(found.kindName)_\(isAbove ? "above_max" : "below_min")_value"
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
        case .outside(_, let limit, let isAbove, let found):
            "Invalid '\(path)': \(found.kindName) \(isAbove ? "above maximum" : "below minimum") value. "
                + "Expected a value \(isAbove ? "<=" : ">=") \(limit), but got \(found.spelling) instead."
        case .count(let allowed, 0):
            "Invalid '\(path)': empty array. "
                + "Expected an array with minimum length \(allowed.lowerBound), but got an empty array instead."
        case .count(let allowed, let found):
            "Invalid '\(path)': array too long. Expected an array with maximum length \(allowed.upperBound), "
                + "but got an array with length \(found) instead."
        case .conflict(let message): "Invalid value for '\(path)': \(message)."
        case .turnDetection: "Turn detection is not supported for this transcription model."
        }
    }
}

extension JSONNumber {
    fileprivate var kindName: String { isSpelledAsInteger ? "integer" : "decimal" }
}

extension JSON {
    /// The type as OpenAI's messages name it.
    var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number(let number): number.isSpelledAsInteger ? "an integer" : "a decimal"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
