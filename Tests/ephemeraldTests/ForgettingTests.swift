import EphemeraldCore
import Sessions
import Testing
import Text
import ephemerald

@Suite struct `Forgetting a caller or an address` {
    private static let identifiers = SafetyIdentifier(salt: Array("0123456789abcdef".utf8))
    private static let call = CallID(randomBits: 7).name

    private static func blanked(_ value: String, _ line: String) throws -> String? {
        let bytes = Array(line.utf8)
        return try Forgetting(value, hashedBy: identifiers).blanked(bytes[...]).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    @Test(arguments: [
        UsageLines.mint(caller: "ann"), UsageLines.call(call), UsageLines.opened(call), UsageLines.ending(call),
        UsageLines.end(call), UsageLines.mint(caller: identifiers.identifier(ofCaller: "ann")),
    ])
    func `blanks the name in lines of every kind, and their length stays`(line: String) throws {
        let blanked = try #require(try Self.blanked("ann", line))
        #expect(blanked.utf8.count == line.utf8.count)
        #expect(!blanked.contains("enduser.pseudo.id") && !blanked.contains("client.address"))
        #expect(try Self.blanked("ann", blanked) == nil)
        let (before, after) = (UsageRecord(Array(line.utf8)), UsageRecord(Array(blanked.utf8)))
        #expect((before == nil) == (after == nil))
        #expect(after?.caller == nil && after?.isMint == before?.isMint && after?.requestID == before?.requestID)
        #expect(EndedCall(Array(line.utf8))?.spent == EndedCall(Array(blanked.utf8))?.spent)
    }

    @Test(arguments: ["192.0.2.1", "::ffff:192.0.2.1"])
    func `blanks an address and leaves the caller`(value: String) throws {
        for client in ["192.0.2.1", Self.identifiers.identifier(ofClient: "192.0.2.1")] {
            let line = UsageLines.mint(caller: "ann", client: client)
            let record = UsageRecord(Array(try #require(try Self.blanked(value, line)).utf8))
            #expect(record?.client == "" && record?.caller == "ann")
        }
    }

    @Test(arguments: ["an", "anne", "bob", "192.0.2.11", "192.0.2.0", "default", "https://app.example"])
    func `leaves the lines of others`(value: String) throws {
        #expect(try Self.blanked(value, UsageLines.mint(caller: "ann")) == nil)
    }

    @Test func `leaves what a client wrote into another member`() throws {
        let agent = #"x\",\"enduser.pseudo.id\":\"ann\",\""#
        let line = UsageLines.refusal().dropLast() + #","user_agent.original":"\#(agent)"}"#
        #expect(try Self.blanked("ann", String(line)) == nil)
        let own = UsageLines.mint(caller: "ann").dropLast() + #","user_agent.original":"\#(agent)"}"#
        let blanked = try #require(try Self.blanked("ann", String(own)))
        #expect(UsageRecord(Array(blanked.utf8))?.userAgent == nil && !blanked.contains("pseudo"))
    }

    @Test func `leaves a call that the next process can take over, without a hash of the name`() throws {
        var history = CallHistory()
        let blanked = try #require(try Self.blanked("ann", UsageLines.opened(Self.call)))
        let bytes = Array(blanked.utf8)
        guard case .opened(let call) = history.read(bytes[...]) else {
            Issue.record("the call is not read")
            return
        }
        #expect(call.plan.caller == nil && "\(call.plan.binding)" == String(repeating: "0", count: 32))
    }

    @Test(arguments: ["", "a\nb", String(repeating: "a", count: 257)])
    func `refuses what can be no name`(value: String) {
        #expect(throws: Invalid.self) { try Forgetting(value) }
    }
}
