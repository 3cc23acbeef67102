import EphemeraldCore
import HTTP
import JSON
import Sessions
import Testing

@Suite struct `The names in usage lines` {
    private static let identifiers = SafetyIdentifier(salt: Array("0123456789abcdef".utf8))

    private static func service(
        client: LogNames.ClientForm = .full, caller: LogNames.CallerForm = .full, quotas: Quotas = Quotas()
    ) throws -> TestService {
        try TestService(quotas: quotas, callers: Authenticator([.proxy(field: "X-User")])) {
            $0.rules.logNames = LogNames(client: client, caller: caller, hashedBy: identifiers)
        }
    }

    private static func request(client: String = "192.0.2.77") -> Request {
        .token(fields: ["X-Forwarded-For": client, "X-User": "ann"], peer: "10.0.0.1")
    }

    @Test(arguments: [
        (LogNames.ClientForm.full, "192.0.2.77", "192.0.2.77" as String?), (.truncated, "192.0.2.77", "192.0.2.0"),
        (.truncated, "2001:db8:1:2:3::4", "2001:db8:1::"), (.none, "192.0.2.77", nil),
        (.hashed, "192.0.2.77", identifiers.identifier(ofClient: "192.0.2.77")),
    ])
    func `have the address in the form of the settings`(
        form: LogNames.ClientForm, client: String, expected: String?
    ) async throws {
        let test = try Self.service(client: form)
        #expect(await test.respond(to: Self.request(client: client)).status == .ok)
        #expect(try test.lastUse["client.address"]?.stringValue == expected)
        #expect(try test.lastUse["enduser.pseudo.id"] == "ann")
    }

    @Test(arguments: [
        (LogNames.CallerForm.full, "ann" as String?), (.hashed, identifiers.identifier(ofCaller: "ann")), (.none, nil),
    ])
    func `have the caller in the form of the settings, and quotas still count them`(
        form: LogNames.CallerForm, expected: String?
    ) async throws {
        let test = try Self.service(caller: form, quotas: Quotas(caller: 1))
        #expect(await test.respond(to: Self.request()).status == .ok)
        #expect(try test.lastUse["enduser.pseudo.id"]?.stringValue == expected)
        #expect(await test.respond(to: Self.request()).status == .tooManyRequests)
        #expect(try test.lastUse["enduser.pseudo.id"]?.stringValue == expected)
        var notices = LimitNotices()
        let names = LogNames(client: .none, caller: form, hashedBy: Self.identifiers)
        let reached = try #require(test.limitsReached.last)
        let message = notices.notice(reached.limit, of: reached.client, naming: names, now: 0)
        #expect(message?.hasPrefix("quota caller: \(expected ?? "a caller") has reached 1 a day") == true)
    }

    @Test func `stay out of warnings about limits`() async throws {
        let test = try TestService(clientLimit: "1/min")
        for _ in 0..<2 { _ = await test.respond(to: Self.request()) }
        let reached = try #require(test.limitsReached.last)
        for (form, name) in [(LogNames.ClientForm.truncated, "192.0.2.0"), (.none, "a client")] {
            var notices = LimitNotices()
            let names = LogNames(client: form, caller: .full, hashedBy: Self.identifiers)
            let message = notices.notice(reached.limit, of: reached.client, naming: names, now: 0)
            #expect(message?.hasPrefix("limit client: \(name) has reached 1/min") == true)
        }
    }
}
