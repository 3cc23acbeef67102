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

    /// Answers a request of the operator: at once, unless the calls are those of several daemons.
    func reply(to request: Request) -> Reply {
        switch order(of: request) {
        case .refuse(let response): return .now(response)
        case .list:
            guard let keeper, keeper.isShared else {
                return .now(CallOperations.list(keeper?.listing() ?? []))
            }
            return .later {
                let (calls, gap) = await keeper.listingEverywhere()
                return CallOperations.list(calls, gap)
            }
        case .end(let selection):
            guard let keeper, keeper.isShared else {
                let names = keeper?.outlets.names() ?? .full
                let count = keeper?.endAll(.byOperator) { selection.includes($0, naming: names) } ?? 0
                return .now(CallOperations.ending(count))
            }
            return .later {
                let names = keeper.outlets.names()
                let name: CallName? = if case .call(let name) = selection { name } else { nil }
                let (count, gap) = await keeper.endEverywhere(.byOperator, named: name) {
                    selection.includes($0, naming: names)
                }
                return CallOperations.ending(count, gap)
            }
        }
    }

    private enum Order {
        case refuse(Response)
        case list
        /// Begin to end the open calls of the selection. The upstream ends them after the answer.
        case end(CallSelection)
    }

    private func order(of request: Request) -> Order {
        guard request.path == CallOperations.path else {
            let segment = request.path.dropFirst(CallOperations.path.utf8.count + 1)
            guard let name = CallName(segment) else { return .refuse(Response(.notFound)) }
            guard request.method == .delete else {
                return .refuse(Response(.methodNotAllowed, fields: ["Allow": "DELETE"]))
            }
            return .end(.call(name))
        }
        switch request.method {
        case .get, .head: return .list
        case .delete:
            if let selection = CallSelection(query: request.query ?? "") { return .end(selection) }
            return .refuse(
                Response(
                    .badRequest, fields: ["Content-Type": "text/plain; charset=utf-8"],
                    body: Array("Select calls by one of ?caller=NAME, ?session=NAME and ?all=true.\n".utf8)))
        default: return .refuse(Response(.methodNotAllowed, fields: ["Allow": "DELETE, GET, HEAD"]))
        }
    }

    /// The end of an answer that Redis has not said all about.
    private static func incomplete(_ gap: CallGap?) -> String {
        switch gap {
        case nil: ""
        case .away: #","incomplete":"Redis did not answer, so calls that other daemons created are missing""#
        case .unreadable:
            #","incomplete":"this daemon cannot read some calls in Redis, so they are missing; ask a newer daemon""#
        }
    }

    private static func ending(_ count: Int, _ gap: CallGap? = nil) -> Response {
        // Who wants all calls to end must not take this for done.
        json(
            gap == nil ? .accepted : .serviceUnavailable, Array(#"{"ending":\#(count)\#(incomplete(gap))}"#.utf8))
    }

    private static func list(_ calls: [CallListing], _ gap: CallGap? = nil) -> Response {
        let calls = calls.sorted { left, right in
            left.age == right.age ? left.record.name.description < right.record.name.description : left.age > right.age
        }
        var list = Array(#"{"calls":["#.utf8)
        for (index, call) in calls.enumerated() {
            if index > 0 { list.append(UInt8(ascii: ",")) }
            list += call.json
        }
        return json(.ok, list + Array("]\(incomplete(gap))}".utf8))
    }

    private static func json(_ status: Status, _ body: [UInt8]) -> Response {
        Response(status, fields: ["Content-Type": "application/json"], body: body + [UInt8(ascii: "\n")])
    }
}

extension CallListing {
    /// The call in the list. It has neither the id of the call nor the upstream's.
    fileprivate var json: [UInt8] {
        let plan = record.plan
        var json = JSONLine(reserving: 320)
        json.append("id", record.name.description)
        json.append("type", plan.type.rawValue)
        json.append("session", plan.session)
        json.append("model", plan.model)
        json.append("caller", plan.caller)
        json.append("state", reason == nil ? "open" : "ending")
        json.append("age_seconds", age.wholeSeconds)
        json.append("seconds_left", secondsLeft)
        json.append("lease_seconds", plan.leaseSeconds)
        json.append("due_seconds", untilDue.wholeSeconds)
        if let reason {
            json.append("reason", reason.rawValue)
            json.append("ending_seconds", endingFor.wholeSeconds)
            json.append("failures", failures)
        }
        return json.object()
    }
}

extension Duration {
    /// Rounded down; 0 for a negative one.
    fileprivate var wholeSeconds: Int { Int(max(0, components.seconds)) }
}
