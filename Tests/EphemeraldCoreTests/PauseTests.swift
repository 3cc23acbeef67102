import EphemeraldCore
import HTTP
import JSON
import Sessions
import Testing

@Suite struct `A paused service` {
    @Test func `mints nothing and says so at once`() async throws {
        let test = try TestService(clientLimit: "1/h", quotas: Quotas(all: 1))
        test.mintingSwitch.isPaused = true
        for _ in 0..<3 {
            let refused = await test.respond(to: .token("not even JSON"))
            #expect(refused.status == .serviceUnavailable)
            #expect(refused.json["code"] == "minting_paused")
            #expect(refused.fields["Retry-After"] == "30")
            #expect(refused.fields["Access-Control-Allow-Origin"] == "https://app.example")
        }
        #expect(test.upstream.requests.isEmpty)
        #expect(try test.lastUse["error.type"] == "minting_paused")
        test.mintingSwitch.isPaused = false
        #expect(await test.respond(to: .token()).status == .ok)
    }

    @Test func `is not revealed to strangers`() async throws {
        let test = try TestService(callers: Authenticator([.proxy(field: "X-User")]))
        test.mintingSwitch.isPaused = true
        #expect(await test.respond(to: .token(origin: "https://evil.example")).status == .forbidden)
        #expect(await test.respond(to: .token()).status == .unauthorized)
        let known = await test.respond(to: .token(fields: ["X-User": "ann"], peer: "10.0.0.1"))
        #expect(known.status == .serviceUnavailable)
    }

    @Test func `is healthy`() async throws {
        let test = try TestService()
        test.mintingSwitch.isPaused = true
        let health = Request(method: .get, target: TokenService.healthPath, peer: .unix)
        #expect(await test.respond(to: health).status == .ok)
    }
}
