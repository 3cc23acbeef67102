import EphemeraldCore
import JSON
import Sessions
import TestPolicy
import Testing

private let names = TestCalls.names

/// What a service wrote about a call that it created at noon, as its usage log has it.
private func opened(
    _ name: CallName, endsAt: Int = 1_795_348_800 + 1_800, timestamp: String = "2026-11-22T12:00:00.007Z",
    type: String = "realtime", caller: String? = "ann"
) -> String {
    var line = #"{"timestamp":"\#(timestamp)","ephemerald.request.id":"r1","http.request.method":"POST","#
    line += #""url.path":"/api/realtime/calls","http.response.status_code":201,"#
    if let caller { line += #""enduser.pseudo.id":"\#(caller)","# }
    line += #""ephemerald.session.name":"default","gen_ai.request.model":"gpt-realtime-2.1","#
    line += #""server.address":"api.openai.com","ephemerald.call.id":"\#(name)","ephemerald.call.type":"\#(type)","#
    line += #""ephemerald.call.upstream_id":"rtc_1","ephemerald.call.key":"\#(KeyPrint(ofKey: "sk-1"))","#
    line += #""ephemerald.call.binding":"\#(TestCalls.ann)","ephemerald.call.ends_at":\#(endsAt),"#
    return line
        + #""ephemerald.call.lease_seconds":60,"ephemerald.call.price":50000,"ephemerald.call.reserved":1525000}"#
}

extension CallHistory {
    fileprivate mutating func read(_ line: String) -> String? {
        switch read(Array(line.utf8)[...]) {
        case nil: nil
        case .opened(let call): "opened \(call.name)"
        case .ended(let call, let spent): "ended \(call.name) \(spent)"
        }
    }
}

private func ended(_ name: CallName, spent: Int64 = 35_000) -> String {
    #"{"timestamp":"2026-11-22T12:00:42.000Z","event.name":"call.ended","ephemerald.request.id":"r1","#
        + #""ephemerald.call.id":"\#(name)","ephemerald.call.reason":"lease","ephemerald.call.confirmed":true,"#
        + #""ephemerald.call.seconds":42,"ephemerald.call.seconds_by":"clock","ephemerald.call.spent":\#(spent)}"#
}

private func ending(_ name: CallName, _ reason: String = "operator") -> String {
    #"{"timestamp":"2026-11-22T12:00:40.000Z","event.name":"call.ending","ephemerald.request.id":"r1","#
        + #""ephemerald.call.id":"\#(name)","ephemerald.call.reason":"\#(reason)"}"#
}

@Suite struct `The history of calls` {
    @Test func `has why a call was ending, whatever line comes first`() {
        var history = CallHistory()
        let lines = [
            opened(names[0]), ending(names[0]), ending(names[0], "client"), ending(names[1], "client"),
            opened(names[1]), ending(names[1]), ending(names[2]), ended(names[2]), opened(names[2]), ending(names[2]),
            opened(names[3]),
        ]
        let events = lines.compactMap { history.read($0) }
        #expect(
            events == [
                "opened \(names[0])", "opened \(names[1])", "ended \(names[2]) 0.035", "opened \(names[3])",
            ])
        let open = history.open(atUnixSeconds: 1_795_348_800 + 60)
        let reasons = Dictionary(uniqueKeysWithValues: open.map { ($0.name, $0.ending) })
        #expect(reasons == [names[0]: .byOperator, names[1]: .client, names[3]: nil])
        #expect(history.strangeLines == 0)
        #expect(history.read(ending(names[3], "boredom")) == nil)
        #expect(history.strangeLines == 1)
    }

    @Test func `has the calls that were opened and not ended`() throws {
        var history = CallHistory()
        #expect(history.read(opened(names[0])) == "opened \(names[0])")
        #expect(history.read(opened(names[1])) == "opened \(names[1])")
        #expect(history.read(ended(names[0])) == "ended \(names[0]) 0.035")
        let open = history.open(atUnixSeconds: 1_795_348_800 + 60)
        let call = try #require(open.first)
        #expect(open.count == 1)
        #expect(call.name == names[1])
        #expect(call.upstreamID == "rtc_1" && call.upstreamHost == "api.openai.com")
        let address = #""server.address":"api.openai.com""#
        #expect(history.read(opened(names[2]).replacing(address, with: address + #","server.port":8443"#)) != nil)
        let hosts = history.open(atUnixSeconds: 1_795_348_800 + 60).map(\.upstreamHost)
        #expect(hosts.sorted() == ["api.openai.com", "api.openai.com:8443"])
        #expect(call.key == KeyPrint(ofKey: "sk-1"))
        #expect(call.openedAt == 1_795_348_800)
        var plan = TestCalls.plan(client: nil)
        (plan.model, plan.day, plan.requestID) = ("gpt-realtime-2.1", Day(2026, 11, 22), "r1")
        #expect(call.plan == plan)
    }

    @Test func `counts the first line about the creation and the end of a call, in any order`() {
        var history = CallHistory()
        #expect(history.read(ended(names[0], spent: 1)) == nil)
        #expect(history.read(ended(names[0], spent: 2)) == nil)
        #expect(history.read(opened(names[0])) == "ended \(names[0]) 0.000001")
        #expect(history.read(opened(names[0])) == nil)
        #expect(history.read(ended(names[0])) == nil)
        #expect(history.read(opened(names[1])) != nil)
        #expect(history.read(opened(names[1], caller: "bob")) == nil)
        #expect(history.open(atUnixSeconds: 1_795_348_801).map(\.plan.caller) == ["ann"])
    }

    @Test func `reads what the end of a call leaves in the usage log`() throws {
        var book = CallBook()
        _ = book.opened(names[0], TestCalls.plan(), at: 0)
        _ = book.end(names[0], .byOperator, now: at(41_500))
        let over = book.over(names[0], now: at(41_500))
        let settlement = try #require(over)
        let line = settlement.usageLine(unixMilliseconds: 1_795_348_842_007)
        #expect(
            String(decoding: line, as: UTF8.self)
                == #"{"timestamp":"2026-11-22T12:00:42.007Z","event.name":"call.ended","ephemerald.request.id":"r","#
                + #""ephemerald.call.id":"\#(names[0])","ephemerald.call.reason":"operator","#
                + #""ephemerald.call.confirmed":true,"ephemerald.call.seconds":42,"#
                + #""ephemerald.call.seconds_by":"clock","ephemerald.call.spent":35000,"enduser.pseudo.id":"ann","#
                + #""ephemerald.session.name":"default"}"# + "\n")
        var history = CallHistory()
        _ = history.read(opened(names[0]))
        #expect(history.read(String(decoding: line, as: UTF8.self)) == "ended \(names[0]) 0.035")
    }

    @Test(arguments: [("realtime", 3_660), ("live", 7_260)])
    func `leaves out calls that the upstream has ended itself`(type: String, seconds: Int) {
        var history = CallHistory()
        _ = history.read(opened(names[0], type: type))
        #expect(history.open(atUnixSeconds: 1_795_348_800 + seconds - 1).count == 1)
        #expect(history.open(atUnixSeconds: 1_795_348_800 + seconds).isEmpty)
        // A clock that was set back.
        #expect(history.open(atUnixSeconds: 1_795_348_800 - 9_999).count == 1)
    }

    @Test func `passes over and counts lines with what goes into no URL and no time`() {
        let whole = opened(names[0])
        let longest = String(repeating: "x", count: 128)
        let ids = [
            "", "../../batches/b/cancel?", "a b", "x/../y", "x?", "x#", "%2e", "\\u0000", "é", longest + "x", "x.y",
        ]
        var wrong = ids.map { whole.replacing(#"upstream_id":"rtc_1""#, with: #"upstream_id":"\#($0)""#) }
        for seconds in ["-1", "301", "9200000000", "10000000000", "1000000000000000", "1e400", "0.5"] {
            wrong.append(whole.replacing(#"lease_seconds":60"#, with: #"lease_seconds":\#(seconds)"#))
        }
        for line in wrong {
            var history = CallHistory()
            #expect(line != whole)
            #expect(history.read(line) == nil, "\(line)")
            #expect(history.strangeLines == 1, "\(line)")
        }
        var history = CallHistory()
        for (index, seconds) in [0, 300].enumerated() {
            let line = opened(names[index]).replacing(#"lease_seconds":60"#, with: #"lease_seconds":\#(seconds)"#)
            #expect(history.read(line.replacing("rtc_1", with: longest)) != nil)
        }
        #expect(history.strangeLines == 0)
    }

    @Test func `passes over lines that lack something or are about something else`() {
        let whole = opened(names[0])
        var wrong = ["", "{}", "[]", "{", #"{"ephemerald.call.id":"x"}"#, String(whole.dropLast(2))]
        wrong += [
            ("12:00:00.007Z", "12:00:60.007Z"), ("2026-11-22T", "2026-11-32T"), ("12:00:00.007Z", "12:00.007Z"),
            (#""realtime""#, #""telephone""#), (#"lease_seconds":60"#, #"lease_seconds":-1"#),
            ("\(TestCalls.ann)", "\(TestCalls.ann)".uppercased() + "G"), ("server.address", "server.name"),
            (#""ephemerald.call.ends_at":1"#, #""ephemerald.call.ends_at":0.1"#), ("upstream_id", "other_id"),
            ("ephemerald.session.name", "session"), ("ephemerald.call.key", "key"), ("ephemerald.request.id", "id"),
            ("ephemerald.call.ends_at\":17", "ephemerald.call.ends_at\":1"),
        ].map { whole.replacing($0, with: $1) }
        for line in wrong {
            var history = CallHistory()
            #expect(line != whole)
            #expect(history.read(line) == nil, "\(line)")
            #expect(history.open(atUnixSeconds: 1_795_348_800).isEmpty)
        }
    }
}
