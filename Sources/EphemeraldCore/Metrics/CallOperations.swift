import HTTP
import JSON

/// The calls on the operations listener: a list of them, and the end of one call, of a caller's, of a session's or of all.
package struct CallOperations: Sendable {
    /// Where calls are listed, and ended. The path of one call is this with a slash and its name.
    package static let path = "/calls"

    private let keeper: CallKeeper?

    /// - Parameter keeper: nil where no calls are created.
    package init(_ keeper: CallKeeper?) {
        self.keeper = keeper
    }

    /// Whether requests for that path are answered here.
    static func has(_ path: Substring) -> Bool {
        path == CallOperations.path || path.hasPrefix("\(CallOperations.path)/")
    }

    /// Answers a request of the operator.
    func respond(to request: Request) -> Response {
        guard request.path != CallOperations.path else { return answerForAll(request) }
        let segment = request.path.dropFirst(CallOperations.path.utf8.count + 1)
        guard let name = CallName(segment) else { return Response(.notFound) }
        guard request.method == .delete else { return Response(.methodNotAllowed, fields: ["Allow": "DELETE"]) }
        return end(.call(name))
    }

    private func answerForAll(_ request: Request) -> Response {
        switch request.method {
        case .get, .head: return CallOperations.json(.ok, list)
        case .delete:
            guard let selection = CallSelection(query: request.query ?? "") else {
                return Response(
                    .badRequest, fields: ["Content-Type": "text/plain; charset=utf-8"],
                    body: Array("Select calls by one of ?caller=NAME, ?session=NAME and ?all=true.\n".utf8))
            }
            return end(selection)
        default: return Response(.methodNotAllowed, fields: ["Allow": "DELETE, GET, HEAD"])
        }
    }

    /// Begins to end the open calls of the selection. The upstream ends them after the answer.
    private func end(_ selection: CallSelection) -> Response {
        let count = keeper?.endAll(.byOperator) { selection.includes($0) } ?? 0
        return CallOperations.json(.accepted, ["ending": .number(JSONNumber(count))])
    }

    private var list: JSONObject {
        let calls = (keeper?.listing() ?? []).sorted { left, right in
            left.age == right.age ? left.record.name.description < right.record.name.description : left.age > right.age
        }
        return ["calls": .array(calls.map { .object($0.json) })]
    }

    private static func json(_ status: Status, _ object: JSONObject) -> Response {
        Response(
            status, fields: ["Content-Type": "application/json"], body: JSON.object(object).serialized() + [0x0A])
    }
}

extension CallListing {
    /// The call in the list. It has neither the id of the call nor the upstream's.
    fileprivate var json: JSONObject {
        func count(_ number: Int) -> JSON { .number(JSONNumber(number)) }
        let plan = record.plan
        var json: JSONObject = [
            "id": .string(record.name.description), "type": .string(plan.type.rawValue),
            "session": .string(plan.session),
        ]
        json["model"] = plan.model.map { .string($0) }
        json["caller"] = plan.caller.map { .string($0) }
        json["state"] = .string(reason == nil ? "open" : "ending")
        json["age_seconds"] = count(age.wholeSeconds)
        json["seconds_left"] = count(secondsLeft)
        json["lease_seconds"] = count(plan.leaseSeconds)
        json["due_seconds"] = count(untilDue.wholeSeconds)
        guard let reason else { return json }
        json["reason"] = .string(reason.rawValue)
        json["ending_seconds"] = count(endingFor.wholeSeconds)
        json["failures"] = count(failures)
        return json
    }
}

extension Duration {
    /// Rounded down; 0 for a negative one.
    fileprivate var wholeSeconds: Int { Int(max(0, components.seconds)) }
}
