import HTTP
import JSON
import Sessions

/// The deny-list on the operations listener: a list of the denials, a new one, and the end of one.
package struct DenyOperations: Sendable {
    /// Where denials are listed, made and ended.
    package static let path = "/denied"

    /// What an operator orders.
    package enum Order: Hashable, Sendable {
        /// Deny for so many seconds; nil for as long as nobody ends it.
        case deny(Denial, seconds: Int?)
        /// End a denial.
        case allow(Denial)

        /// The target of the request that orders it.
        package var target: String {
            switch self {
            case .deny(let denial, let seconds):
                "\(path)?\(denial.query)" + (seconds.map { "&seconds=\($0)" } ?? "")
            case .allow(let denial): "\(path)?\(denial.query)"
            }
        }
    }

    /// The result of an order.
    package enum Outcome: Hashable, Sendable {
        case done
        /// Nobody was denied by that name.
        case unknown
        /// There are as many denials as there may be.
        case full
        /// It is in force, but a restart forgets it; the reason is a clause for the operator.
        case notKept(String)
        /// It is in force in this daemon only, because Redis has not got it; the same.
        case notShared(String)
    }

    private let list: DenyList
    private let now: @Sendable () -> Int
    private let carryOut: @Sendable (Order) async -> Outcome

    /// - Parameters:
    ///   - now: Unix seconds.
    ///   - carryOut: called on the thread of the listener.
    package init(
        _ list: DenyList, now: @escaping @Sendable () -> Int, carryOut: @escaping @Sendable (Order) async -> Outcome
    ) {
        self.list = list
        self.now = now
        self.carryOut = carryOut
    }

    /// Answers a request of the operator.
    func reply(to request: Request) -> Reply {
        switch request.method {
        case .get, .head: return .now(report())
        case .put, .delete: break
        default: return .now(Response(.methodNotAllowed, fields: ["Allow": "DELETE, GET, HEAD, PUT"]))
        }
        guard let order = order(of: request) else {
            return .now(
                DenyOperations.text(
                    .badRequest,
                    "Write one of ?caller=NAME, ?address=RANGE and ?origin=ORIGIN; with PUT also &seconds=NUMBER."))
        }
        return .later {
            switch await carryOut(order) {
            case .done: report()
            case .unknown: report(["unknown": true])
            case .full:
                DenyOperations.text(
                    .conflict, "There are \(DenyList.most) denials already; end some of them, or deny a range.")
            case .notKept(let reason): report(["not_kept": .string(reason)])
            // Who wants all daemons to refuse must not take this for done.
            case .notShared(let reason): report(["not_shared": .string(reason)], .serviceUnavailable)
            }
        }
    }

    private func order(of request: Request) -> Order? {
        let parts = (request.query ?? "").split(separator: "&", omittingEmptySubsequences: false)
        guard let first = parts.first, let denial = Denial(query: first) else { return nil }
        guard request.method == .put else { return parts.count == 1 ? .allow(denial) : nil }
        guard parts.count == 2 else { return parts.count == 1 ? .deny(denial, seconds: nil) : nil }
        guard parts[1].hasPrefix("seconds="), let seconds = Int(parts[1].dropFirst(8)), seconds > 0,
            seconds <= Timestamp.tenYears
        else { return nil }
        return .deny(denial, seconds: seconds)
    }

    private func report(_ result: JSONObject = [:], _ status: Status = .ok) -> Response {
        let now = now()
        let entries = list.entries.sorted { $0.key.description < $1.key.description }
        let denials = entries.compactMap { denial, until -> JSON? in
            if let until, until <= now { return nil }
            var entry: JSONObject = ["kind": .string(denial.kind.rawValue), "value": .string(denial.value)]
            entry["seconds_left"] = until.map { .number(JSONNumber($0 - now)) } ?? .null
            return .object(entry)
        }
        var body: JSONObject = ["denied": .array(denials)]
        for member in result.members { body[member.name] = member.value }
        return DenyOperations.json(status, body)
    }

    private static func json(_ status: Status, _ body: JSONObject) -> Response {
        let bytes = JSON.object(body).serialized() + [UInt8(ascii: "\n")]
        return Response(status, fields: ["Content-Type": "application/json"], body: bytes)
    }

    private static func text(_ status: Status, _ text: String) -> Response {
        Response(status, fields: ["Content-Type": "text/plain; charset=utf-8"], body: Array("\(text)\n".utf8))
    }
}
