import EphemeraldCore
import HTTP
import JSON
import Locking
import Sessions
import TestPolicy
import Testing

@Suite struct `The calls on the operations listener` {
    @Test func `are listed, the oldest first`() async {
        let bench = CallOperationsBench()
        bench.open(1, TestCalls.plan(.live, caller: nil, leaseSeconds: 0), at: 10)
        bench.open(2, TestCalls.plan(session: "shop"), at: 30)
        bench.state.withLock { $0.seconds = 31 }
        let open = bench.ask(.get, "/calls")
        #expect(open.status == .ok && open.fields["Content-Type"] == "application/json")
        #expect(open.fields["Cache-Control"] == "no-store")
        let first = #"{"id":"\#(TestCalls.names[1])","type":"live","session":"default","#
        let second = #"{"id":"\#(TestCalls.names[2])","type":"realtime","session":"shop","caller":"ann","#
        #expect(
            open.text == #"{"calls":["# + first
                + #""state":"open","age_seconds":21,"seconds_left":1779,"lease_seconds":0,"due_seconds":1779},"#
                + second
                + #""state":"open","age_seconds":1,"seconds_left":1799,"lease_seconds":60,"due_seconds":59}]}"# + "\n")

        bench.state.withLock { $0.verdict = .unsure("no answer") }
        #expect(bench.keeper.end(TestCalls.names[1], .byOperator))
        await bench.runTasks()
        bench.state.withLock { $0.seconds = 33 }
        let ending =
            #""state":"ending","age_seconds":23,"seconds_left":1777,"lease_seconds":0,"due_seconds":0,"#
            + #""reason":"operator","ending_seconds":2,"failures":1}"#
        #expect(bench.ask(.get, "/calls").text.hasPrefix(#"{"calls":["# + first + ending))
        #expect(!bench.ask(.get, "/calls").text.contains("rtc_"))
    }

    @Test(arguments: [
        (CallSelection.call(TestCalls.names[0]), 1), (.call(TestCalls.names[9]), 0), (.caller("ann"), 2),
        (.caller("Ann"), 0), (.caller("a&b=c+d% ü"), 1), (.session("shop"), 2), (.session("sho"), 0), (.all, 4),
    ])
    func `are ended as they are selected, and counted once`(selection: CallSelection, count: Int) async {
        let bench = CallOperationsBench()
        bench.open(0)
        bench.open(1, TestCalls.plan(session: "shop"))
        bench.open(2, TestCalls.plan(caller: "a&b=c+d% ü"))
        bench.open(3, TestCalls.plan(caller: nil, session: "shop"))
        let answer = bench.ask(.delete, selection.target)
        #expect(answer.status.rawValue == 202 && answer.text == #"{"ending":\#(count)}"# + "\n")
        #expect(bench.ask(.delete, selection.target).text == #"{"ending":0}"# + "\n")
        await bench.runTasks()
        #expect(bench.state.withLock(\.settled).map(\.reason) == Array(repeating: .byOperator, count: count))
        #expect(bench.keeper.listing().count == 4 - count)
    }

    @Test(arguments: [
        "", "?", "?all", "?all=", "?all=false", "?all=TRUE", "?caller=", "?session", "?caller=ann&session=shop",
        "?all=true&caller=ann", "?caller=ann&caller=bob", "?Caller=ann", "?caller=%4", "?caller=%zz", "?caller=%ff",
        "?client=192.0.2.1",
    ])
    func `are not ended by a selection that may be a mistake`(query: String) {
        let bench = CallOperationsBench()
        bench.open(0)
        let answer = bench.ask(.delete, "/calls\(query)")
        #expect(answer.status == .badRequest && answer.text.contains("?all=true"))
        #expect(bench.keeper.listing().allSatisfy { $0.reason == nil })
    }

    @Test func `have no other methods and no other paths`() {
        let bench = CallOperationsBench()
        bench.open(0)
        let call = CallSelection.call(TestCalls.names[0]).target
        #expect(bench.ask(.post, "/calls").fields["Allow"] == "DELETE, GET, HEAD")
        #expect(bench.ask(.get, call).fields["Allow"] == "DELETE")
        let id = CallID(randomBits: 0).reveal()
        for path in ["/calls/", "/calls/x", "\(call)/", call.uppercased(), "/callsx", "/calls/\(id)"] {
            #expect(bench.ask(.delete, path).status == .notFound, "\(path)")
        }
        #expect(bench.keeper.listing().allSatisfy { $0.reason == nil })
    }

    @Test func `are an empty list where none are created`() {
        let service = OperationsService(readiness: { Response(.ok) }, families: { [] })
        for (method, text) in [(Method.get, #"{"calls":[]}"#), (.delete, #"{"ending":0}"#)] {
            let target = method == .get ? "/calls" : "/calls?all=true"
            let request = Request(method: method, target: target, fields: ["Host": "[::1]:1"], peer: .unix)
            #expect(service.answer(to: request).text == "\(text)\n")
        }
    }
}

@Suite struct `Who may see calls` {
    private static func peer(_ text: String) -> Peer {
        IPAddress(text).map { .ip($0, port: 4_711) } ?? .unix
    }

    private static let local = ["unix", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]
    private static let foreign = [
        "192.0.2.1", "10.0.0.1", "128.0.0.1", "126.255.255.255", "0.0.0.0", "::", "::2", "fe80::1", "::127.0.0.1",
        "::ffff:192.0.2.1", "64:ff9b::7f00:1",
    ]
    private static let own: [Fields] = [
        ["Host": "127.0.0.1:9464"], ["Host": "10.1.2.3"], ["Host": "[2001:db8::7]:9464"], ["Host": "localhost"],
        ["Host": "OPS.internal"],
    ]
    private static let pages: [Fields] = [
        [:], ["Host": ""], ["Host": "evil.example"], ["Host": "localhost.evil.example"], ["Host": "127.0.0.1.nip.io"],
        ["Host": "localhost."], ["Host": "2130706433"], ["Host": "localhost", "host": "localhost"],
        ["Host": "localhost", "Origin": "null"], ["Host": "localhost", "Origin": "http://localhost"],
        ["Host": "localhost", "Sec-Fetch-Site": "none"], ["Host": "localhost", "Sec-Fetch-Site": "same-origin"],
        ["Host": "localhost", "Sec-Fetch-Site": "cross-site"], ["Host": "localhost", "sec-fetch-site": ""],
    ]
    private static let requests: [(Method, String)] = [
        (.get, "/calls"), (.head, "/calls"), (.delete, "/calls?all=true"), (.delete, "/calls"), (.post, "/calls"),
        (.delete, CallSelection.call(TestCalls.names[0]).target), (.get, "/calls/x"),
    ]

    @Test(arguments: local, own)
    func `is a process of this machine`(peer: String, fields: Fields) {
        let bench = CallOperationsBench()
        #expect(bench.ask(.get, "/calls", fields, from: Self.peer(peer)).status == .ok)
    }

    /// The answer does not say whether there are such routes.
    @Test(arguments: requests)
    func `is neither another machine nor a web page`(method: Method, target: String) {
        let bench = CallOperationsBench()
        bench.open(0)
        let unknown = bench.ask(.get, "/nowhere")
        #expect(unknown.status == .notFound)
        for peer in Self.foreign {
            #expect(bench.ask(method, target, from: Self.peer(peer)) == unknown, "\(peer)")
        }
        for fields in Self.pages { #expect(bench.ask(method, target, fields) == unknown, "\(fields)") }
        #expect(bench.keeper.listing().map(\.reason) == [nil])
    }

    @Test(arguments: foreign)
    func `is asked about calls only`(peer: String) {
        let bench = CallOperationsBench()
        for path in [OperationsService.metricsPath, TokenService.readinessPath] {
            #expect(bench.ask(.get, path, from: Self.peer(peer)).status == .ok)
        }
    }
}

@Suite struct `The metrics of calls` {
    @Test func `count what is open, what is ending and what has ended`() async {
        let bench = CallOperationsBench()
        var counts = CallCounts()
        bench.open(0, TestCalls.plan(caller: "a"))
        bench.open(1, TestCalls.plan(caller: "b", session: "shop"))
        bench.open(2, TestCalls.plan(caller: "c", session: "gone"))
        bench.open(3, TestCalls.plan(caller: "d", maximumSeconds: 60))
        #expect(bench.keeper.end(TestCalls.names[0], .byOperator))
        await bench.runTasks()
        #expect(bench.keeper.end(TestCalls.names[3], .client))
        bench.state.withLock { $0.verdict = .unsure("no answer") }
        await bench.runTasks()
        counts.failed()
        bench.state.withLock { state in
            (state.seconds, state.verdict) = (130, .over(reportedSeconds: 121))
        }
        #expect(bench.keeper.listing().count == 3)
        let before = text(counts, bench.keeper.listing())
        for line in [
            #"ephemerald_calls_open{session="default"} 0"#, #"ephemerald_calls_open{session="gone"} 1"#,
            #"ephemerald_calls_open{session="shop"} 1"#, "ephemerald_calls_max 8", "ephemerald_calls_ending 1",
            "ephemerald_calls_ending_age_seconds 130", "ephemerald_call_end_failures_total 1",
            #"ephemerald_call_seconds_total{session="default"} 0"#, #"ephemerald_calls_ended_total{reason="client"} 0"#,
            "ephemerald_spent_beyond_worst_case_total 0",
        ] { #expect(before.contains(line), "\(line)") }
        bench.keeper.act()
        await bench.runTasks()
        for settlement in bench.state.withLock(\.settled) { counts.settled(settlement) }
        let after = text(counts, [])
        // 121 s at 0.05 a minute are 0.100834; the worst case of 60 s was 0.075.
        for line in [
            #"ephemerald_calls_open{session="shop"} 0"#, "ephemerald_calls_ending 0",
            "ephemerald_calls_ending_age_seconds 0", #"ephemerald_calls_ended_total{reason="client"} 1"#,
            #"ephemerald_calls_ended_total{reason="operator"} 1"#, #"ephemerald_calls_ended_total{reason="lease"} 2"#,
            #"ephemerald_call_seconds_total{session="default"} 121"#,
            #"ephemerald_call_seconds_total{session="gone"} 121"#, "ephemerald_spent_beyond_worst_case_total 0.025834",
        ] { #expect(after.contains(line), "\(line)") }
    }

    private func text(_ counts: CallCounts, _ listing: [CallListing]) -> [String] {
        let families = counts.families(listing: listing, maximum: 8, sessions: ["shop", "default"])
        return Exposition.prometheus.text(families).split(separator: "\n").map(String.init)
    }
}
