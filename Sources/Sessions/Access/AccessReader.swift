import HTTP
import JSON
import Text

/// Reads the member `access` of a session file and collects what is wrong with it.
struct AccessReader {
    let kind: SessionKind
    /// The request body, without variables filled in or overrides applied.
    let body: JSON
    let rules: SessionRules
    private let file: String
    private(set) var access = Access()
    private(set) var findings: [Finding] = []

    init(file: String, kind: SessionKind, body: JSON, rules: SessionRules) {
        self.file = file
        self.kind = kind
        self.body = body
        self.rules = rules
    }

    private static let members = ["origins", "limits", "overrides", "variables"]
    private static var scopes: [(String, WritableKeyPath<Access.Limits, Access.Limit?>)] {
        [("client", \.client), ("caller", \.caller), ("origin", \.origin), ("session", \.session), ("all", \.all)]
    }

    /// Reads the member; nil for a file that does not have it.
    mutating func read(_ value: JSON?) {
        if let value, let object = object(value, at: "access") {
            refuseUnknown(object, allowed: AccessReader.members, at: "access")
            if let origins = object["origins"] { access.origins = readOrigins(origins) }
            if let limits = object["limits"] { readLimits(limits) }
            if let overrides = object["overrides"] { access.overrides = readOverrides(overrides) }
            if let variables = object["variables"] { readVariables(variables) }
        }
        compareVariables()
    }

    mutating func refuse(_ path: String, _ message: String, _ severity: Finding.Severity = .error) {
        findings.append(Finding(severity, file: file, path: path, message))
    }

    mutating func object(_ value: JSON, at path: String) -> JSONObject? {
        if value.objectValue == nil { refuse(path, "must be an object, is \(value.typeName)") }
        return value.objectValue
    }

    mutating func refuseUnknown(_ object: JSONObject, allowed: [String], at path: String) {
        for name in object.names where !allowed.contains(name) {
            let hint = name.suggestion(name.nearest(in: allowed)) ?? "known here: \(allowed.listed(by: "and"))"
            refuse("\(path).\(name)", "is not known; \(hint)")
        }
    }

    private mutating func readOrigins(_ value: JSON) -> [OriginPattern]? {
        guard let entries = value.arrayValue, !entries.isEmpty else {
            refuse(
                "access.origins",
                "must be a list of at least one origin; leave it out to admit every origin of the settings")
            return nil
        }
        var patterns: [OriginPattern] = []
        for (index, entry) in entries.enumerated() {
            guard let text = entry.stringValue else {
                refuse("access.origins[\(index)]", "must be a string, is \(entry.typeName)")
                continue
            }
            do throws(Invalid) {
                patterns.append(try OriginPattern(parsing: text, allowsSharedSuffixes: rules.allowsSharedSuffixes))
            } catch {
                refuse("access.origins[\(index)]", "\(error)")
            }
        }
        return patterns
    }

    private mutating func readLimits(_ value: JSON) {
        guard let limits = object(value, at: "access.limits") else { return }
        refuseUnknown(limits, allowed: AccessReader.scopes.map(\.0), at: "access.limits")
        for (name, member) in AccessReader.scopes {
            guard let limit = limits[name] else { continue }
            guard let text = limit.stringValue else {
                refuse("access.limits.\(name)", #"must be a string as in "10/min burst 5", or "off""#)
                continue
            }
            do throws(Invalid) {
                access.limits[keyPath: member] = try RateLimit.parseSetting(text).map { .rate($0) } ?? .off
            } catch {
                refuse("access.limits.\(name)", "\(error)")
            }
        }
    }

    private mutating func readVariables(_ value: JSON) {
        guard let variables = object(value, at: "access.variables") else { return }
        for variable in variables.members {
            let path = "access.variables.\(variable.name)"
            guard InstructionTemplate.isName(variable.name) else {
                refuse(path, "a name has letters, digits and _ only, at most 64 of them, and begins with a letter or _")
                continue
            }
            guard let object = object(variable.value, at: path), let limit = readTextLimit(object, at: path) else {
                continue
            }
            access.variables.declare(variable.name, limit)
        }
    }

    /// Reads `{"maxLength": 40, "pattern": "[a-z]+"}`.
    mutating func readTextLimit(_ object: JSONObject, at path: String) -> TextLimit? {
        refuseUnknown(object, allowed: ["maxLength", "pattern"], at: path)
        guard let maxLength = object["maxLength"]?.numberValue?.integer, (1...10_000).contains(maxLength) else {
            refuse("\(path).maxLength", "is required: a whole number from 1 to 10000")
            return nil
        }
        guard let pattern = object["pattern"] else { return TextLimit(maxLength: maxLength, pattern: nil) }
        guard let source = pattern.stringValue else {
            refuse("\(path).pattern", "must be a string, is \(pattern.typeName)")
            return nil
        }
        do throws(Invalid) {
            let pattern = try TextPattern(source)
            let most = TextPattern.budget / pattern.comparisonsPerCharacter
            if maxLength <= most { return TextLimit(maxLength: maxLength, pattern: pattern) }
            refuse(
                "\(path).pattern",
                "is too costly for texts of \(maxLength) characters; with it maxLength may be at most \(most)")
        } catch {
            refuse("\(path).pattern", error.reason)
        }
        return nil
    }

    /// Every variable that is declared must be used, and every one that is used must be declared.
    private mutating func compareVariables() {
        let template = InstructionTemplate(body["session"]?["instructions"]?.stringValue ?? "")
        for name in template.misspelled {
            refuse("session.instructions", "{{\(name)}} has spaces inside; write {{\(name.filter { $0 != " " })}}")
        }
        let names = access.variables.compare(withUsed: template.variables)
        for name in names.undeclared {
            refuse("session.instructions", "{{\(name)}} is not declared in access.variables")
        }
        for name in names.unused {
            refuse("access.variables.\(name)", "is not used: session.instructions has no {{\(name)}}")
        }
    }
}
