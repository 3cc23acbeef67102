import HTTP
import JSON
import Text

/// Reads the member `access` of a session file and collects what is wrong with it.
struct AccessReader {
    let file: String
    let kind: SessionKind
    /// The request body, without variables filled in or overrides applied.
    let body: JSON
    let rules: SessionRules
    private(set) var access = Access()
    private(set) var findings: [Finding] = []

    private static var scopes: [(name: String, member: WritableKeyPath<Access.Limits, Access.Limit?>)] {
        [("client", \.client), ("caller", \.caller), ("origin", \.origin), ("session", \.session), ("all", \.all)]
    }

    private var shape: Shape {
        let members: [Shape.Member] = [
            .optional("origins", .strings(atLeast: 1)),
            .optional("limits", .object(AccessReader.scopes.map { .optional($0.name, .string) })),
            .optional("overrides", .map(of: .anything)),
            .optional("variables", .map(of: .anything)),
        ]
        return .object(members + AccessReader.callMembers(for: kind))
    }

    /// The shape of `{"maxLength": 40, "pattern": "[a-z]+"}`.
    private static let textLimit = Shape.object([
        .required("maxLength", .integer(1...10_000)), .optional("pattern", .string),
    ])

    /// Reads the member; nil for a file that does not have it.
    mutating func read(_ value: JSON?) {
        if let value { _ = judge(value, by: shape, at: "access") }
        if let origins = value?["origins"]?.arrayValue { readOrigins(origins) }
        if let limits = value?["limits"] { readLimits(limits) }
        access.offersTokens = readToken(value?["token"])
        access.call = readCall(value?["call"])
        access.price = value?["price_per_minute"]?.numberValue.flatMap { readPrice($0) }
        if let money = rules.moneyOfDay {
            checkPrice(value)
            compareCosts(with: money)
        }
        if !access.offersTokens, access.call == nil {
            refuse("access", "allows neither tokens nor calls, so nobody can use the session")
        } else if !access.offersTokens, !rules.createsCalls {
            let message = "allows only calls, and MAX_CALLS is 0, so nobody can use the session"
            refuse("access", message, .warning)
        }
        if let overrides = value?["overrides"]?.objectValue { access.overrides = readOverrides(overrides) }
        if let variables = value?["variables"]?.objectValue { readVariables(variables) }
        compareVariables()
    }

    mutating func refuse(_ path: String, _ message: String, _ severity: Finding.Severity = .error) {
        findings.append(Finding(severity, file: file, path: path, message))
    }

    /// Refuses what breaks the shape; true when nothing does.
    mutating func judge(_ value: JSON, by shape: Shape, at path: String) -> Bool {
        var violations: [Violation] = []
        shape.judge(value, at: path, into: &violations)
        for violation in violations { refuse(violation.path, violation.advice(for: kind)) }
        return violations.isEmpty
    }

    private mutating func readOrigins(_ entries: [JSON]) {
        var patterns: [OriginPattern] = []
        for (index, entry) in entries.enumerated() {
            guard let text = entry.stringValue else { continue }
            do throws(Invalid) {
                patterns.append(try OriginPattern(parsing: text, allowsSharedSuffixes: rules.allowsSharedSuffixes))
            } catch {
                refuse("access.origins[\(index)]", "\(error)")
            }
        }
        access.origins = patterns
    }

    private mutating func readLimits(_ limits: JSON) {
        for scope in AccessReader.scopes {
            guard let text = limits[scope.name]?.stringValue else { continue }
            do throws(Invalid) {
                access.limits[keyPath: scope.member] = try RateLimit.parseSetting(text).map { .rate($0) } ?? .off
            } catch {
                refuse("access.limits.\(scope.name)", "\(error)")
            }
        }
    }

    private mutating func readVariables(_ variables: JSONObject) {
        for variable in variables.members {
            let path = "access.variables.\(variable.name)"
            if !InstructionTemplate.isName(variable.name) {
                refuse(path, "a name has letters, digits and _ only, at most 64 of them, and begins with a letter or _")
            } else if let limit = readTextLimit(variable.value, at: path) {
                access.variables.declare(variable.name, limit)
            }
        }
    }

    mutating func readTextLimit(_ value: JSON, at path: String) -> TextLimit? {
        guard judge(value, by: AccessReader.textLimit, at: path),
            let maxLength = value["maxLength"]?.numberValue?.integer
        else { return nil }
        guard let source = value["pattern"]?.stringValue else { return TextLimit(maxLength: maxLength, pattern: nil) }
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
