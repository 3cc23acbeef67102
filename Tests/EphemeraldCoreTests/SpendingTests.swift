import EphemeraldCore
import HTTP
import JSON
import Locking
import Sessions
import Testing

/// A service that counts money, whose calls end when the test says so. A minute costs 0.05: a token takes 3, a call of half
/// an hour 1.525.
private struct Shop {
    let test: TestService
    private let tasks = Locked<[@Sendable () async -> Void]>([])
    private let seconds = Locked<Int?>(nil)
    private let records = Locked<[[UInt8]]>([])

    private static let sessions = TestSessions.catalog([
        "default": #"{"session":{"type":"realtime","model":"gpt-realtime-2.1"},"access":{"price_per_minute":0.05}}"#,
        "live": #"{"session":{"type":"live","model":"gpt-live-1"},"access":{"price_per_minute":0.05}}"#,
    ])

    init(
        all: String? = nil, caller: String? = nil, quotas: Quotas = Quotas(), clientLimit: String = "off",
        shared: Admission? = nil
    ) throws {
        let (tasks, seconds, records) = (tasks, seconds, records)
        let upstream = ScriptedUpstream(.minted)
        let byProxy = Authenticator([.proxy(field: "X-User")])
        test = try TestService(
            upstream, clientLimit: clientLimit, quotas: quotas, callers: caller == nil ? .anybody : byProxy
        ) { setup in
            setup.rules.sessions = Shop.sessions
            setup.rules.spending = SpendingLimits(caller: caller.flatMap { Money($0) }, all: all.flatMap { Money($0) })
            setup.admission = shared
            setup.makeKeeper = { account in
                CallKeeper(
                    surroundings: upstream.clock.surroundings,
                    outlets: CallKeeper.Outlets(
                        wake: { _ in }, start: { task in tasks.withLock { $0.append(task) } },
                        end: { _ in .over(reportedSeconds: seconds.withLock { $0 }) }, settle: { account.settle($0) },
                        record: { line in
                            records.withLock { $0.append(line) }
                            return true
                        }))
            }
        }
    }

    /// The status, or the dimension of the quota that refused.
    func token(user: String = "ann") async throws -> String {
        let request = Request.token(fields: ["X-User": user], peer: "10.0.0.1")
        return try said(await test.respond(to: request))
    }

    /// Creates a call at the upstream, which answers so; the path of the call, or the dimension of what refused.
    func call(_ session: String = "default", _ step: ScriptedUpstream.Step? = nil, user: String = "ann") async throws
        -> String
    {
        let location = "/v1/realtime/calls/rtc_1"
        let created = Response(
            .created, fields: ["Content-Type": "application/sdp", "Location": location], body: Array("v=0".utf8))
        test.upstream.clock.draw(UInt128.random(in: 0...UInt128.max))
        test.upstream.answer(step ?? .answer(created))
        defer { test.upstream.answer(.minted) }
        let response = await test.respond(
            to: Request(
                method: .post, target: "/api/realtime/calls?session=\(session)",
                fields: [
                    "Origin": "https://app.example", "Content-Type": "application/sdp", "X-User": user,
                ], body: Array(SampleOffers.chromium.utf8), peer: .ip(try #require(IPAddress("10.0.0.1")), port: 1)))
        if let path = response.fields["Location"] { return String(path) }
        return try said(response)
    }

    /// Ends a call after so long; the upstream may report another time.
    func end(_ path: String, after time: Duration, reporting reported: Int? = nil) async {
        test.upstream.clock.advance(by: time)
        seconds.withLock { $0 = reported }
        let ended = await test.respond(to: Request(method: .delete, target: path, peer: .unix))
        #expect(ended.status == .ok)
        for task in tasks.withLock({ $0 }) { await task() }
    }

    private func said(_ response: Response) throws -> String {
        if response.json["code"] == "quota_exhausted" {
            let dimension = try test.lastUse["ephemerald.limit.dimension"]?.stringValue ?? ""
            let left = dimension == "spend_all" ? "is left" : "this caller has left"
            let sentence = "The request can cost more than \(left) of the money of today."
            #expect(response.json["detail"]?.stringValue == "\(sentence) The next day begins at midnight UTC.")
            return dimension
        }
        return "\(response.status.rawValue)"
    }

    /// What is taken from the money of a day, in millionths; by default of the day on which the tests begin.
    func taken(_ day: Day = Day(2026, 11, 22)) -> Int {
        test.counts.withLock { $0.ledger.used(QuotaCheck(.spendAll, allowance: 1, identity: ""), on: day) }
    }
}

@Suite struct `The money of a day` {
    @Test func `admits tokens to the last unit, and each has its line`() async throws {
        let shop = try Shop(all: "9")
        for _ in 0..<3 { #expect(try await shop.token() == "200") }
        #expect(try shop.test.lastUse["ephemerald.spent"] == 3_000_000)
        #expect(try await shop.token() == "spend_all")
        #expect(try shop.test.lastUse["ephemerald.spent"] == nil)
        #expect(shop.taken() == 9_000_000)
        let less = try Shop(all: "8.999999")
        #expect(try await [less.token(), less.token(), less.token()] == ["200", "200", "spend_all"])
    }

    @Test func `is counted for each caller`() async throws {
        let shop = try Shop(all: "7", caller: "4.6")
        #expect(try await [shop.token(), shop.token()] == ["200", "spend_caller"])
        #expect(try await shop.call().hasPrefix("/"), "a call fits into what is left")
        #expect(try await shop.token(user: "bob") == "spend_all")
        #expect(try await shop.call(user: "bob").hasPrefix("/"))
    }

    @Test func `comes back when minting fails`() async throws {
        let shop = try Shop(all: "3")
        shop.test.upstream.answer(.answer(.error(400)))
        #expect(try await shop.token() == "502")
        #expect(shop.taken() == 0)
        shop.test.upstream.answer(.minted)
        #expect(try await shop.token() == "200")
    }

    @Test func `is taken with quotas and limits, or not at all`() async throws {
        let shop = try Shop(all: "3", quotas: Quotas(all: 2), clientLimit: "1/h burst 2")
        #expect(try await [shop.token(), shop.token(), shop.token()] == ["200", "spend_all", "spend_all"])
        let allowed = try Shop(all: "6", quotas: Quotas(all: 1), clientLimit: "1/h burst 2")
        #expect(try await allowed.token() == "200")
        let refused = await allowed.test.respond(to: .token(peer: "10.0.0.1"))
        #expect(refused.json["detail"]?.stringValue?.contains("the tokens and calls of today") == true)
        #expect(allowed.taken() == 3_000_000)
    }

    @Test func `has the worst case of an open call, and then what it cost`() async throws {
        let shop = try Shop(all: "3.05")
        let first = try await shop.call()
        #expect(shop.taken() == 1_525_000)
        let second = try await shop.call()
        #expect(try await shop.call() == "spend_all")
        await shop.end(first, after: .seconds(90))
        #expect(shop.taken() == 1_525_000 + 75_000)
        await shop.end(second, after: .zero, reporting: 7)
        #expect(shop.taken() == 75_000 + 5_834, "rounded up")
    }

    @Test(arguments: [("default", 0), ("live", 12_500)])
    func `keeps what the creation of a lost call costs`(session: String, cost: Int) async throws {
        let shop = try Shop(all: "3")
        #expect(try await shop.call(session, .failure(.timedOut)) == "504")
        #expect(shop.taken() == cost)
        #expect(try shop.test.lastUse["ephemerald.spent"]?.numberValue?.integer ?? 0 == cost)
        #expect(try await shop.call(session, .failure(.cannotConnect("refused"))) == "502")
        #expect(try await shop.call(session, .answer(.error(400))) == "502")
        #expect(shop.taken() == cost)
    }

    @Test func `gets what a call costs beyond its worst case, even above the cap`() async throws {
        let shop = try Shop(all: "2")
        await shop.end(try await shop.call(), after: .seconds(60), reporting: 2_430)
        #expect(shop.taken() == 2_025_000)
        #expect(try await shop.call() == "spend_all")
    }

    @Test func `is that of the day of the admission, whenever a call ends`() async throws {
        let shop = try Shop(all: "3")
        let path = try await shop.call()
        shop.test.upstream.clock.moveWallClock(by: .seconds(86_400))
        #expect(try await shop.token() == "200")
        await shop.end(path, after: .seconds(60))
        #expect(shop.taken() == 50_000)
        #expect(shop.taken(Day(2026, 11, 23)) == 3_000_000)
    }

    @Test func `gets nothing back from calls that took nothing`() async throws {
        // A call of another time, when nobody counted money.
        let shop = try Shop()
        let path = try await shop.call()
        let check = QuotaCheck(.spendAll, allowance: 9_000_000, identity: "", amount: 3_000_000)
        let today = Day(2026, 11, 22)
        shop.test.counts.withLock { $0.ledger.take([check], on: today, today: today) }
        await shop.end(path, after: .seconds(60))
        #expect(shop.taken() == 3_000_000)
    }

    @Test func `reaches Redis as the amounts of the claim`() async throws {
        let claims = Locked<[AdmissionClaim]>([])
        let admission = Admission(
            admit: { claim in
                claims.withLock { $0.append(claim) }
                return .now(.admitted(closest: nil, taken: QuotaReceipt(checks: claim.quotas, day: Day(2026, 11, 22))))
            },
            giveBack: { _ in })
        let shop = try Shop(all: "9", quotas: Quotas(all: 5), shared: admission)
        #expect(try await shop.token() == "200")
        #expect(claims.withLock { $0.map { $0.quotas.map(\.amount) } } == [[1, 3_000_000]])
    }
}
