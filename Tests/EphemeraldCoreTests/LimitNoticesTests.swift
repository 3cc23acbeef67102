import EphemeraldCore
import HTTP
import Sessions
import TestPolicy
import Testing

@Suite struct `The notices of limits` {
    private static let minute: UInt64 = 60_000_000_000

    /// What the service says when it refuses so many clients, each twice.
    private static func reached(clients: Int, limit: String = "1/min") async throws -> [ReachedLimit] {
        let test = try TestService(clientLimit: limit)
        for client in 0..<clients {
            let fields: Fields = ["X-Forwarded-For": "198.51.\(client / 256).\(client % 256)"]
            for _ in 0..<3 { _ = await test.respond(to: .token(fields: fields, peer: "10.0.0.1")) }
        }
        return test.limitsReached
    }

    @Test func `name the first refusal in a window, with the limit and whom it counts`() async throws {
        let reached = try await Self.reached(clients: 1)
        #expect(reached.count == 2)
        var notices = LimitNotices()
        let message = "limit client: 198.51.0.0 has reached 1/min; the usage log has the refusals"
        #expect(notices.notice(reached[0], now: 5) == message)
        #expect(notices.notice(reached[1], now: 6) == nil)
        #expect(notices.notice(reached[1], now: Self.minute + 4) == nil)
        #expect(notices.notice(reached[1], now: Self.minute + 5) == message)
    }

    @Test func `name a few clients of many, and then how many more there were`() async throws {
        let reached = try await Self.reached(clients: 40)
        var notices = LimitNotices()
        let isLogged = reached.map { notices.notice($0, now: 0) != nil }
        #expect(isLogged.count(where: { $0 }) == LimitNotices.places)
        let logged = Set(zip(reached, isLogged).filter(\.1).map(\.0.client))
        let others = reached.filter { !logged.contains($0.client) }
        let message = notices.notice(reached[0], now: Self.minute)
        #expect(message?.hasSuffix("; \(others.count) more refusals of others since the last such line") == true)
        #expect(notices.notice(others[0], now: Self.minute)?.hasSuffix("; the usage log has the refusals") == true)
    }

    @Test(arguments: [
        ("1/min", "limit client: the table is full, so newcomers are refused until an entry is free"),
        (
            nil,
            "limit refusals: the table is full, so refusals of newcomers are not in the usage log, which has only their number"
        ),
    ])
    func `say when a table is full, once and not for each newcomer`(clientLimit: String?, message: String) throws {
        var limiter = RateLimiter(capacity: 8)
        let rule = LimitRule(.client, try RateLimit(parsing: "1/min"))
        var notices = LimitNotices()
        var messages: [String] = []
        for client in 0..<100 {
            let check = LimitCheck(rule, LimitIdentity(.client(UInt128(client))))
            var checks = LimitChecks()
            checks.append(check)
            guard case .refused(let reached) = limiter.admit(checks, now: 0) else { continue }
            #expect(reached.isFull && reached.wait == .seconds(60))
            let limit = clientLimit == nil ? LimitReached(.refusals(check), wait: reached.wait, isFull: true) : reached
            let request = Request(method: .get, target: "/", peer: .unix)
            let address = ClientAddress(of: request, behind: .none)
            if let message = notices.notice(limit, of: address, now: 0) { messages.append(message) }
        }
        #expect(messages == [message])
    }

    @Test func `keep the window of the limit, but a minute at least`() async throws {
        for (limit, window) in [("1/h", 60 * Self.minute), ("1/s", Self.minute)] {
            let reached = try await Self.reached(clients: 1, limit: limit)
            var notices = LimitNotices()
            #expect(notices.notice(reached[0], now: 0) != nil)
            #expect(notices.notice(reached[0], now: window - 1) == nil)
            #expect(notices.notice(reached[0], now: window) != nil)
        }
    }

    @Test func `count the addresses of one 64 as one client`() async throws {
        let test = try TestService(clientLimit: "1/min")
        for host in 1...4 {
            _ = await test.respond(to: .token(fields: ["X-Forwarded-For": "2001:db8::\(host)"], peer: "10.0.0.1"))
        }
        var notices = LimitNotices()
        #expect(test.limitsReached.count == 3)
        #expect(test.limitsReached.compactMap { notices.notice($0, now: 0) }.count == 1)
    }

    @Test(
        arguments: [
            ("limit origin", "https://app.example"), ("limit session", "default"), ("limit all", "everybody"),
        ])
    func `name whom each limit counts`(kind: String, who: String) async throws {
        let once = try RateLimit(parsing: "1/h")
        let test = try TestService {
            if kind == "limit origin" { $0.rules.limits.origin = once }
            if kind == "limit session" { $0.rules.limits.session = once }
            if kind == "limit all" { $0.rules.limits.all = once }
        }
        for _ in 0..<2 { _ = await test.respond(to: .token()) }
        var notices = LimitNotices()
        let messages = test.limitsReached.map { notices.notice($0, now: 0) }
        #expect(messages == ["\(kind): \(who) has reached 1/h; the usage log has the refusals"])
    }

    @Test func `name whose calls are too many, once in ten minutes`() throws {
        let maxima = CallMaxima(all: 9, caller: 2, client: 5, session: 3)
        let request = Request(method: .get, target: "/", peer: .ip(try #require(IPAddress("192.0.2.7")), port: 1))
        let address = ClientAddress(of: request, behind: .none)
        var notices = LimitNotices()
        func notice(_ dimension: CallDimension, _ caller: String = "ann", at minutes: UInt64 = 0) -> String? {
            CallsReached(dimension, by: TestCalls.plan(caller: caller), within: maxima).flatMap {
                notices.notice(LimitReached($0), of: address, now: minutes * Self.minute)
            }
        }
        let ending = "open calls; the usage log has the refusals"
        #expect(notice(.caller) == "calls caller: ann has reached 2 \(ending)")
        #expect(notice(.client) == "calls client: 192.0.2.7 has reached 5 \(ending)")
        #expect(notice(.session) == "calls session: default has reached 3 \(ending)")
        #expect(notice(.all) == "calls all: everybody has reached 9 \(ending)")
        #expect(notice(.caller, "bob") == "calls caller: bob has reached 2 \(ending)")
        #expect(notice(.all, "bob", at: 9) == nil && notice(.caller, at: 9) == nil)
        #expect(notice(.caller, at: 10) != nil)
        #expect(CallsReached(.client, by: TestCalls.plan(client: nil), within: maxima) == nil)
    }

    @Test func `name a quota once until the next day`() async throws {
        let test = try TestService(quotas: Quotas(session: 1))
        for _ in 0..<2 { _ = await test.respond(to: .token()) }
        let reached = try #require(test.limitsReached.first)
        var notices = LimitNotices()
        let message = "quota session: default has reached 1 a day; the usage log has the refusals"
        #expect(notices.notice(reached, now: 0) == message)
        #expect(notices.notice(reached, now: 11 * 60 * Self.minute) == nil)
        #expect(notices.notice(reached, now: 13 * 60 * Self.minute) != nil)
    }
}
