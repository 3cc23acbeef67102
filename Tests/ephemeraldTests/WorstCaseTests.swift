import EphemeraldCore
import Sessions
import Settings
import TestPolicy
import TestTools
import Testing

/// The table of the worst case in the README: a stranger takes all that they can get for 24 hours, and pays what it says.
@Suite struct `The worst case in the README` {
    private static let table = "| limited by | what they get | cost |"
    private static let day = 86_400
    private let price: Price

    init() throws {
        price = try #require(Money("0.05").flatMap { Price(perMinute: $0) })
    }

    /// The number of what strangers get and what it costs, in the row of a setting.
    private func row(_ setting: String) throws -> (count: Int?, cost: Money) {
        let rows = try ReadmeTable(under: "## Security", columns: Self.table, of: "README.md").rows
        let row = try #require(rows.first { $0[0].hasPrefix(setting) })
        let count = row[1].split(separator: " ").first.flatMap { Int($0.filter { $0 != "," }) }
        return (count, try #require(Money(row[2].filter { $0 != "," })))
    }

    /// How many requests a limit admits in 24 hours, at any time of them and with the first and the last moment.
    private func admitted(by dimension: LimitDimension, _ limit: RateLimit) -> Int {
        var counts = AdmissionCounts()
        var checks = LimitChecks()
        checks.append(LimitCheck(LimitRule(dimension, limit), LimitIdentity(.everybody)))
        let claim = AdmissionClaim(limits: checks, quotas: [])
        let step = UInt64(limit.window / .nanoseconds(1)) / UInt64(limit.count) / 2
        var (now, admitted) = (UInt64(0), 0)
        while now <= UInt64(Self.day) * 1_000_000_000 {
            if case .admitted = counts.admit(claim, now: now, unixMilliseconds: 0) {
                admitted += 1
            } else {
                now += step
            }
        }
        return admitted
    }

    @Test func `has the tokens that the default limits admit`() throws {
        let limits = try settings().limits.rates
        for (name, dimension, limit) in [
            ("LIMIT_CLIENT", LimitDimension.client, limits.client), ("LIMIT_ALL", .all, limits.all),
        ] {
            let row = try row(name)
            let count = admitted(by: dimension, try #require(limit))
            #expect(count == row.count, "\(name)")
            #expect(Int(price.worstCaseOfToken.micros) * count == row.cost.micros, "\(name)")
        }
    }

    @Test func `has the tokens of a quota`() throws {
        var counts = AdmissionCounts()
        let claim = AdmissionClaim(limits: LimitChecks(), quotas: Quotas(all: 100).checks(caller: nil, session: ""))
        var admitted = 0
        while case .admitted = counts.admit(claim, now: 0, unixMilliseconds: 0) { admitted += 1 }
        #expect(try row("QUOTA_ALL=100").count == admitted)
        #expect(try row("QUOTA_ALL=100").cost == Money(micros: price.worstCaseOfToken.micros * Int64(admitted)))
    }

    /// What calls cost that take every place as soon as it is free, tried every so many seconds, and last so long.
    private func cost(
        of type: CallType, every step: Int, lasting seconds: Int, within maxima: CallMaxima
    ) -> Money {
        var book = CallBook()
        var (cost, number) = (Money.zero, 0)
        var open: [(name: CallName, end: Int)] = []
        for second in stride(from: 0, through: Self.day, by: step) {
            for call in open where call.end == second {
                _ = book.end(call.name, .client, now: at(second * 1_000))
                cost = cost + (book.over(call.name, now: at(second * 1_000))?.spent ?? .zero)
            }
            open.removeAll { $0.end == second }
            _ = book.due(now: at(second * 1_000))
            if second == Self.day { break }
            while true {
                let name = CallID(randomBits: UInt128(number)).name
                let plan = TestCalls.plan(type, maximumSeconds: 3_600, leaseSeconds: 0)
                guard book.reserve(name, plan, within: maxima) == nil else { break }
                _ = book.open(
                    name, upstreamID: "live_1", upstreamHost: "api.openai.com", key: KeyPrint(ofKey: "sk-1"),
                    now: at(second * 1_000))
                open.append((name, min(second + seconds, Self.day)))
                number += 1
            }
        }
        return cost
    }

    @Test func `has what calls cost that are always open, however long each lasts`() throws {
        let maxima = try settings().limits.calls
        let everybody = CallMaxima(all: maxima.all)
        #expect(try row("MAX_CALLS,").count == maxima.all)
        #expect(cost(of: .realtime, every: 900, lasting: 1_800, within: everybody) == (try row("MAX_CALLS,").cost))
        let (count, limit) = try row("MAX_CALLS_CLIENT")
        #expect(count == maxima.client)
        let oneAddress = CallMaxima(client: maxima.client)
        #expect(cost(of: .realtime, every: 60, lasting: 300, within: oneAddress) == limit)
        // A place costs 15 seconds although the call is gone after five; in the end that may be more than the day has left.
        let places = Int64(maxima.client ?? 0)
        let more = Money(micros: places * price.cost(ofSeconds: 15).micros)
        let gone = cost(of: .live, every: 5, lasting: 5, within: oneAddress)
        #expect((limit...limit + more).contains(gone), "\(gone)")
    }

    @Test(arguments: [("SPEND_CALLER=3", "ann"), ("SPEND_ALL=20", nil)])
    func `has what tokens and calls together take`(setting: String, caller: String?) throws {
        let cap = try row(setting).cost
        #expect(setting.hasSuffix("=\(cap)"))
        let limits = caller == nil ? SpendingLimits(all: cap) : SpendingLimits(caller: cap)
        for seed in 0..<50 {
            var random = SplitMix64(seed: UInt64(seed))
            var counts = AdmissionCounts()
            var book = CallBook()
            var cost = Money.zero
            for number in 0..<200 {
                let seconds = Int.random(in: 60...3_600, using: &random)
                let amount =
                    number % 4 == 0
                    ? price.worstCaseOfToken : number > 150 ? Money(micros: 1) : price.worstCase(ofSeconds: seconds)
                let claim = AdmissionClaim(
                    limits: LimitChecks(), quotas: limits.checks(caller: caller, amount: amount))
                let name = CallID(randomBits: UInt128(number)).name
                if case .admitted = counts.admit(
                    name, TestCalls.plan(), claim, within: CallMaxima(), in: &book, now: 0, unixMilliseconds: 0)
                {
                    cost = cost + amount
                }
                #expect(cost <= cap)
            }
            let rest = cap - cost
            let claim = AdmissionClaim(limits: LimitChecks(), quotas: limits.checks(caller: caller, amount: rest))
            guard case .admitted = counts.admit(claim, now: 0, unixMilliseconds: 0) else {
                Issue.record("what is left is not admitted: \(rest)")
                continue
            }
        }
    }
}
