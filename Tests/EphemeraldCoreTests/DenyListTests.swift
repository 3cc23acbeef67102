import EphemeraldCore
import HTTP
import JSON
import Locking
import Testing
import Text

@Suite struct `A denial` {
    @Test(arguments: [
        ("ann", "caller:ann"), ("auth0|5f7c8ec7", "caller:auth0|5f7c8ec7"), ("v1.2", "caller:v1.2"),
        ("192.0.2.7", "address:192.0.2.7"), ("192.0.2.0/24", "address:192.0.2.0/24"),
        ("2001:db8::7", "address:2001:db8::/64"), ("2001:db8::/48", "address:2001:db8::/48"),
        ("https://app.example", "origin:https://app.example"),
        ("http://localhost:3000", "origin:http://localhost:3000"),
    ])
    func `is about what its value looks like, and is read back`(value: String, description: String) throws {
        let denial = try Denial(guessing: value)
        #expect(denial.description == description)
        #expect(Denial(description) == denial)
    }

    @Test(arguments: [
        "", "192.0.2.1/24", "10.0.0.0/33", "10.0.0", "203.0.113.300", "192.0.2.010", "192.0.2.300/24", "2001:db8::1::2",
        "192.0.2.7:443", "https://app.example/", "https://App.example", "ftp://a.example",
    ])
    func `is not made of a mistake`(value: String) {
        #expect(throws: Invalid.self) { try Denial(guessing: value) }
    }

    @Test(arguments: ["ann", "caller", "caller:", "session:default", "address:here", "origin:app", ":", ""])
    func `has a kind and a value where it is kept`(text: String) {
        #expect(Denial(text) == nil)
    }
}

@Suite struct `The deny-list` {
    private static func service(_ denied: [String: Int?]) throws -> TestService {
        var entries: DenyList.Entries = [:]
        for (value, until) in denied { entries[try Denial(guessing: value)] = .some(until) }
        let list = DenyList()
        list.replace(with: entries)
        return try TestService(callers: Authenticator([.proxy(field: "X-User")])) { $0.denials = list }
    }

    private static func ask(_ test: TestService, fields: Fields = ["X-User": "ann"]) async -> Response {
        var fields = fields
        fields.append("X-Forwarded-For", "192.0.2.7")
        return await test.respond(to: .token(fields: fields, peer: "10.0.0.1"))
    }

    @Test(arguments: [
        ("ann", "caller"), ("192.0.2.7", "address"), ("192.0.2.0/24", "address"), ("https://app.example", "origin"),
    ])
    func `refuses whom it names, and calls nothing upstream`(value: String, dimension: String) async throws {
        let test = try Self.service([value: nil])
        let answer = await Self.ask(test)
        #expect(answer.status == .forbidden && answer.json["code"] == "denied")
        #expect(answer.fields["Retry-After"] == nil)
        #expect(try test.lastUse["ephemerald.limit.dimension"]?.stringValue == dimension)
        #expect(test.upstream.requests.isEmpty)
    }

    @Test(arguments: ["bob", "Ann", "192.0.2.8", "192.0.3.0/24", "2001:db8::/32", "https://shop.example"])
    func `refuses nobody else`(value: String) async throws {
        #expect(await Self.ask(try Self.service([value: nil])).status == .ok)
    }

    @Test func `is not revealed to strangers`() async throws {
        let test = try Self.service(["192.0.2.7": nil])
        #expect(await Self.ask(test, fields: [:]).status == .unauthorized)
    }

    @Test func `ends a denial at its second`() async throws {
        // The clock of the test is at 1,795,348,800 s and 7 ms.
        #expect(await Self.ask(try Self.service(["ann": 1_795_348_801])).status == .forbidden)
        #expect(await Self.ask(try Self.service(["ann": 1_795_348_800])).status == .ok)
        #expect(await Self.ask(try Self.service(["192.0.2.7": 1_795_348_800])).status == .ok)
    }
}

@Suite struct `The deny-list on the operations listener` {
    private let orders = Locked<[DenyOperations.Order]>([])
    private let list = DenyList()

    private func ask(
        _ method: Method, _ target: String, fields: Fields = ["Host": "localhost"], peer: Peer = .unix,
        outcome: DenyOperations.Outcome = .done
    ) async -> Response {
        let denials = DenyOperations(list, now: { 1_000 }) { [orders] order in
            orders.withLock { $0.append(order) }
            return outcome
        }
        let service = OperationsService(readiness: { Response(.ok) }, families: { [] }, denials: denials)
        switch service.reply(to: Request(method: method, target: target, fields: fields, peer: peer)) {
        case .now(let response): return response
        case .later(let makeResponse): return await makeResponse()
        }
    }

    @Test func `has the time that is left, and not what is over`() async throws {
        let entries: [(Denial, Int?)] = [
            (.caller("b"), 1_060), (.caller("a"), nil), (.origin("https://app.example"), 1_000),
        ]
        list.replace(with: Dictionary(uniqueKeysWithValues: entries))
        let answer = await ask(.get, "/denied")
        #expect(answer.status == .ok && answer.fields["Cache-Control"] == "no-store")
        #expect(
            answer.text == #"{"denied":[{"kind":"caller","value":"a","seconds_left":null},"#
                + #"{"kind":"caller","value":"b","seconds_left":60}]}"# + "\n")
        #expect(orders.withLock(\.isEmpty))
    }

    @Test(
        arguments: [
            (.deny(.caller("a&b=c+d% ü"), seconds: nil), .put),
            (.deny(.origin("https://app.example"), seconds: 60), .put),
            (.allow(.caller("ann")), .delete),
        ] as [(DenyOperations.Order, Method)])
    func `carries out the order of a target`(order: DenyOperations.Order, method: Method) async {
        #expect(await ask(method, order.target).status == .ok)
        #expect(orders.withLock { $0 } == [order])
    }

    @Test(arguments: [
        "", "?caller=", "?caller", "?name=ann", "?address=10.0.0.1/8", "?origin=app", "?caller=%ff",
        "?caller=a&caller=b", "?caller=a&seconds=0", "?caller=a&seconds=-1", "?caller=a&seconds=", "?seconds=1",
        "?caller=a&seconds=1&seconds=2", "?caller=a&seconds=400000000",
    ])
    func `denies nobody by a mistake`(query: String) async {
        #expect(await ask(.put, "/denied\(query)").status == .badRequest)
        #expect(orders.withLock(\.isEmpty))
    }

    @Test func `is shown to processes of this machine only, and to no page`() async throws {
        let remote = Peer.ip(try #require(IPAddress("192.0.2.7")), port: 4711)
        #expect(await ask(.get, "/denied", peer: remote).status == .notFound)
        #expect(await ask(.put, "/denied?caller=ann", fields: ["Host": "evil.example"]).status == .notFound)
        let ofPage: Fields = ["Host": "localhost", "Origin": "null"]
        #expect(await ask(.put, "/denied?caller=ann", fields: ofPage).status == .notFound)
        #expect(await ask(.post, "/denied?caller=ann").fields["Allow"] == "DELETE, GET, HEAD, PUT")
        #expect(orders.withLock(\.isEmpty))
    }

    @Test func `says what did not go as ordered`() async {
        #expect(await ask(.put, "/denied?caller=ann", outcome: .full).status == .conflict)
        #expect(await ask(.put, "/denied?caller=ann", outcome: .notKept("why")).json["not_kept"] == "why")
        #expect(await ask(.delete, "/denied?caller=ann", outcome: .unknown).json["unknown"] == .bool(true))
        let ofOne = await ask(.put, "/denied?caller=ann", outcome: .notShared("why"))
        #expect(ofOne.status == .serviceUnavailable && ofOne.json["not_shared"] == "why")
    }
}
