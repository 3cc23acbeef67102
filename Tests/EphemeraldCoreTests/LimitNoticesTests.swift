import EphemeraldCore
import HTTP
import Sessions
import Testing

@Suite struct `The notices of limits` {
    private static let minute: UInt64 = 60_000_000_000

    /// What the service says when it refuses so many clients, each twice.
    private static func reached(clients: Int, limit: String = "1/min") async throws -> [LimitReached] {
        let test = try TestService(clientLimit: limit)
        for client in 0..<clients {
            let fields: Fields = ["X-Forwarded-For": "198.51.\(client / 256).\(client % 256)"]
            for _ in 0..<3 { _ = await test.respond(to: .token(fields: fields, peer: "10.0.0.1")) }
        }
        return test.limitsReached
    }

    @Test func `tell of the first refusal in a window, with the limit and whom it counts`() async throws {
        let reached = try await Self.reached(clients: 1)
        #expect(reached.map(\.kind) == ["limit client", "limit client"])
        #expect(reached[0].who == "198.51.0.0")
        #expect(reached[0].policy == "1/min")
        var notices = LimitNotices()
        #expect(notices.notice(reached[0], now: 5) == LimitNotices.Telling(untold: 0))
        #expect(notices.notice(reached[1], now: 6) == nil)
        #expect(notices.notice(reached[1], now: Self.minute + 4) == nil)
        #expect(notices.notice(reached[1], now: Self.minute + 5) == LimitNotices.Telling(untold: 0))
    }

    @Test func `tell of a few clients of many, and then how many more there were`() async throws {
        let reached = try await Self.reached(clients: 40)
        var notices = LimitNotices()
        let told = reached.filter { notices.notice($0, now: 0) != nil }.map(\.who)
        #expect(told.count == LimitNotices.places)
        let others = reached.filter { !told.contains($0.who) }
        #expect(notices.notice(reached[0], now: Self.minute)?.untold == others.count)
        #expect(notices.notice(others[0], now: Self.minute)?.untold == 0)
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
        #expect(test.limitsReached.map(\.kind) == [kind])
        #expect(test.limitsReached.first?.who == who)
    }

    @Test func `tell of quotas until the next day`() async throws {
        let test = try TestService(quotas: Quotas(session: 1))
        for _ in 0..<2 { _ = await test.respond(to: .token()) }
        let reached = try #require(test.limitsReached.first)
        #expect(reached.kind == "quota session")
        #expect(reached.who == "default")
        #expect(reached.policy == "1 a day")
        var notices = LimitNotices()
        #expect(notices.notice(reached, now: 0) != nil)
        #expect(notices.notice(reached, now: 11 * 60 * Self.minute) == nil)
        #expect(notices.notice(reached, now: 13 * 60 * Self.minute) != nil)
    }
}
