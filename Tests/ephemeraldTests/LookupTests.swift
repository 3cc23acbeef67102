import EphemeraldCore
import JSON
import System
import Testing
import Text
import ephemerald

@Suite struct `A lookup` {
    private static let secret = "ek_0123456789abcdef"
    private static let line = UsageLines.mint(
        caller: "ann", session: "shop", id: "req-1", digest: UsageRecord.digest(of: secret))

    private static func match(_ value: String, _ line: String) throws -> UsageRecord? {
        let bytes = Array(line.utf8)
        return try Lookup(value).match(bytes[...])
    }

    @Test(arguments: [secret, UsageRecord.digest(of: secret), "sess_req-1", "req-1", "ann"])
    func `finds a secret, its digest, a session, a request id and a caller`(value: String) throws {
        let record = try #require(try Self.match(value, Self.line))
        #expect(record.caller == "ann")
        let text = Lookup.lines(of: record).joined(separator: "\n")
        #expect(text.hasPrefix("2026-11-22T12:00:00.000Z  minted"))
        for word in ["ann", "192.0.2.1", "https://app.example", "shop gpt-realtime-2.1 sess_req-1", "req-1"] {
            #expect(text.contains(word), "\(word) in \(text)")
        }
        #expect(!text.contains(Self.secret))
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("192.0.2.1", "::ffff:192.0.2.1"), ("2001:db8::1", "2001:db8::1"),
        ("2001:db8::1", "2001:0DB8:0:0:0:0:0:1"), ("192.0.2.1", "https://app.example"),
    ])
    func `finds an address in any of its spellings, and an origin`(client: String, value: String) throws {
        #expect(try Self.match(value, UsageLines.mint(client: client))?.client == client)
    }

    @Test(arguments: ["192.0.2.11", "192.0.2", "https://app.exampl", "app.example", "https://app.example:8443"])
    func `finds no other address and no other origin`(value: String) throws {
        #expect(try Self.match(value, Self.line) == nil)
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.0/24"), ("192.0.2.1", "192.0.0.0/15"), ("192.0.2.1", "0.0.0.0/0"),
        ("2001:db8::1", "2001:db8::/64"), ("2001:db8:0:1::", "2001:db8:0:1::/64"), ("fe80::1:2", "::/0"),
    ])
    func `finds the addresses of a network`(client: String, network: String) throws {
        #expect(try Self.match(network, UsageLines.mint(client: client))?.client == client)
    }

    @Test(arguments: ["192.0.3.0/24", "192.0.2.2/31", "::/0", "2001:db8::/64"])
    func `finds no address of another network`(network: String) throws {
        #expect(try Self.match(network, Self.line) == nil)
    }

    @Test(arguments: ["", "/api/realtime/calls/", "https://app.example/api/realtime/calls/"])
    func `finds a call by its id and by its address`(before: String) throws {
        let id = CallID(randomBits: 7)
        let line = UsageLines.call(id.name)
        for after in ["", "/lease"] where after.isEmpty || !before.isEmpty {
            #expect(try Self.match(before + id.reveal() + after, line)?.call == id.name.description)
        }
    }

    @Test(arguments: ["ek_other", "sess_req", "shop", "an", "ann2", "gpt-realtime-2.1"])
    func `finds nothing else`(value: String) throws {
        #expect(try Self.match(value, Self.line) == nil)
    }

    @Test func `finds refusals too`() throws {
        let record = try #require(try Self.match("f844585b", UsageLines.refusal()))
        #expect(Lookup.lines(of: record)[0] == "2026-11-22T12:00:00.000Z  rate_limited 429")
    }

    @Test func `finds names that JSON escapes`() throws {
        let line = UsageLines.mint(caller: #"o\"neil\\x"#)
        #expect(try Self.match(#"o"neil\x"#, line)?.caller == #"o"neil\x"#)
    }

    /// The line as log shippers write it again.
    private static let shipped: [String] = {
        let spaced = line.replacing(#"":"#, with: #"": "#).replacing(#",""#, with: #", ""#)
        let members = line.dropFirst().dropLast().split(separator: #",""#).map { $0.drop { $0 == "\"" } }
        let reversed = "{" + members.reversed().map { "\"" + $0 }.joined(separator: ",") + "}"
        let escaped = line.replacing("/", with: #"\/"#).replacing("ann", with: #"a\u006En"#)
        let text = line.replacing("\"", with: #"\""#)
        let nested = #"""
            {"timestamp": "2026-11-22T12:00:00.000Z", "client": {"address": "192.0.2.1"}, "enduser": {"pseudo.id": "ann"},
             "http": {"response": {"status_code": 200}}, "gen_ai": {"request": {"model": "gpt-realtime-2.1"}},
             "ephemerald": {"request": {"id": "req-1"}, "origin": "https://app.example",
              "secret": {"sha256": "\#(UsageRecord.digest(of: secret))", "expires_at": 1795367892},
              "session": {"name": "shop", "id": "sess_req-1"}}}
            """#
        return [
            spaced, reversed, escaped, nested, #"{"stream":"stdout","log":"\#(text)\n","time":"x"}"#,
            #"{"MESSAGE":"\#(text)","PRIORITY":"6"}"#, #"{"@timestamp":"x","message":\#(line)}"#,
            #"{"kubernetes":{"pod":"a"},"a":{"event":{"msg":"\#(text)"}}}"#,
            "2026-11-22T12:00:00.123456789Z stdout F \(line)", "ephemerald-1  | \(line)",
        ]
    }()

    @Test(arguments: shipped)
    func `finds a line that a log shipper has written again`(line: String) throws {
        let original = try #require(UsageRecord(Array(Self.line.utf8)))
        for value in [Self.secret, "sess_req-1", "req-1"] { #expect(try Self.match(value, line) == original) }
        #expect(try Self.match("req-2", line) == nil)
        var table = UsageTable(by: .caller)
        table.add(try #require(UsageRecord(Array(line.utf8))))
        #expect(table.lines.contains { $0.hasPrefix("ann") })
    }

    @Test func `finds no line in the words of a client`() throws {
        let text = Self.line.replacing("\"", with: #"\""#)
        for line in [
            #"{"user_agent":"\#(text)"}"#, #"{"request":{"path":"\#(text)"}}"#, #"{"log":"GET \#(text)"}"#,
            #"{"log":"[\#(text)]"}"#, #"192.0.2.1 - "GET /" "\#(Self.line)"#, "agent \(Self.line) 200",
        ] { #expect(try Self.match("req-1", line) == nil) }
    }

    @Test(arguments: ["ü", "日本", "<a&b>", "a/b", "o'neil", "\"\"", "a b"])
    func `finds names that another writer escapes`(caller: String) throws {
        let name = caller.utf16.map { unit in
            let letter = Unicode.Scalar(unit).map(Character.init) ?? "?"
            if letter.isASCII, letter.isLetter { return String(letter) }
            return "\\u" + String(0x10000 + Int(unit), radix: 16).dropFirst()
        }.joined()
        #expect(try Self.match(caller, UsageLines.mint(caller: name))?.caller == caller)
    }

    @Test(arguments: ["", "sk-proj-0123", "a\u{1B}[2J", "\u{202E}a", String(repeating: "a", count: 5_000)])
    func `refuses what can be no value, without showing it`(value: String) {
        let error = #expect(throws: Invalid.self) { try Lookup(value) }
        #expect(value.isEmpty || error?.reason.contains(value) == false)
    }

    @Test(arguments: [
        ("9223372036854775807", "9999-12-31T23:59:59.000Z"), ("-9223372036854775808", "1970-01-01T00:00:00.000Z"),
        ("253402300800", "9999-12-31T23:59:59.000Z"), ("-1", "1970-01-01T00:00:00.000Z"),
    ])
    func `ends with the calendar`(expiry: String, shown: String) throws {
        let line = Self.line.replacing("1795367892", with: expiry)
        let record = try #require(try Self.match("ann", line))
        #expect(Lookup.lines(of: record).contains { $0.hasSuffix(" until \(shown)") })
    }

    @Test func `shows a line that was tampered with, without harm`() throws {
        let line = UsageLines.mint(caller: #"ann\u001b[2J"#, id: "req-1")
        let record = try #require(try Self.match("req-1", line))
        #expect(!Lookup.lines(of: record).joined().contains("\u{1B}"))
    }
}

@Suite struct `The table of the usage` {
    private static let lines = [
        UsageLines.mint(caller: "ann"), UsageLines.mint(caller: "ann", session: "shop"), UsageLines.mint(caller: "bob"),
        UsageLines.refusal(), UsageLines.refusal(code: "minting_paused", status: 503),
        UsageLines.refusal(code: "upstream_timeout", status: 504),
        UsageLines.refusal(code: "upstream_rate_limited", session: "shop"),
    ]

    private static func table(by group: UsageTable.Group) -> UsageTable {
        var table = UsageTable(by: group)
        for line in lines { if let record = UsageRecord(Array(line.utf8)) { table.add(record) } }
        return table
    }

    @Test func `has aligned columns and a total`() {
        #expect(
            Self.table(by: .session).lines == [
                "session  minted  refused  failed",
                "default       2        2       1",
                "shop          1        0       1",
                "total         3        2       2",
            ])
    }

    @Test func `has a row for each caller, and one for requests without a caller`() {
        #expect(Self.table(by: .caller).json.first == #"{"caller":"ann","minted":2,"refused":0,"failed":0}"#)
        #expect(Self.table(by: .caller).json.last == #"{"caller":"-","minted":0,"refused":2,"failed":2}"#)
    }

    @Test func `counts refusals that have no line of their own`() {
        let unlogged = #""ephemerald.refusals.unlogged":7,"error.type""#
        let line = UsageLines.refusal().replacing(#""error.type""#, with: unlogged)
        for (group, row) in [(UsageTable.Group.session, "-"), (.client, "-"), (.outcome, "too_many_refusals")] {
            var table = UsageTable(by: group)
            if let record = UsageRecord(Array(line.utf8)) { table.add(record) }
            #expect(table.json.contains { $0.hasSuffix(#":"\#(row)","minted":0,"refused":7,"failed":0}"#) })
            #expect(table.lines.last?.split(separator: " ") == ["total", "0", "8", "0"])
        }
    }

    @Test func `has a row for each outcome`() {
        let names = Self.table(by: .outcome).lines.dropFirst().dropLast().compactMap { $0.split(separator: " ").first }
        #expect(names == ["minted", "minting_paused", "rate_limited", "upstream_rate_limited", "upstream_timeout"])
    }

    @Test func `is empty but for the total when there is nothing`() {
        #expect(
            UsageTable(by: .client).lines == ["client  minted  refused  failed", "total        0        0       0"])
    }
}
