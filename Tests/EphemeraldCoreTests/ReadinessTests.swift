import EphemeraldCore
import HTTP
import JSON
import Locking
import Sessions
import Testing

@Suite struct `Readiness` {
    private func ask(_ service: TokenService, fields: Fields = [:], peer: String = "127.0.0.1") async -> Response {
        let peer = IPAddress(peer).map { Peer.ip($0, port: 4711) } ?? .unix
        return await service.respond(
            to: Request(method: .get, target: TokenService.readinessPath, fields: fields, peer: peer))
    }

    @Test(
        arguments: [
            ("127.0.0.1", [:]), ("::1", [:]), ("unix", [:]), ("192.0.2.7", [:]),
            ("10.0.0.1", ["X-Forwarded-For": "127.0.0.1"]),
            ("127.0.0.1", ["Host": "127.0.0.1"]),
        ] as [(String, Fields)])
    func `answers everybody with the status and nothing else`(peer: String, fields: Fields) async throws {
        let answer = await ask(try TestService().service, fields: fields, peer: peer)
        #expect(answer.status == .ok)
        #expect(answer.text == #"{"status":"ready"}"#)
    }

    @Test func `has details for the operations listener`() throws {
        let answer = try TestService().service.detailedReadiness()
        #expect(answer.status == .ok)
        #expect(answer.fields.all == [Fields.Field("Content-Type", "application/json")])
        let names = ["status", "key", "paused", "keys", "upstream", "emergencies", "sessions"]
        #expect(answer.json.objectValue?.names == names)
    }

    @Test func `changes with the drain, and calls nothing upstream`() async throws {
        let state = ServiceState()
        let test = try TestService { $0.state = state }
        #expect(await ask(test.service).status == .ok)
        state.beginDraining()
        let answer = await ask(test.service, peer: "192.0.2.7")
        #expect(answer.status == .serviceUnavailable)
        #expect(answer.text == #"{"status":"not_ready","reasons":["draining"]}"#)
        let detailed = test.service.detailedReadiness()
        #expect(detailed.status == .serviceUnavailable)
        #expect(detailed.json["reasons"] == ["draining"] && detailed.json["sessions"] != nil)
        #expect(test.upstream.requests.isEmpty && test.usage.isEmpty)
    }

    @Test func `has the result of the last mint, and its age`() async throws {
        let test = try TestService(ScriptedUpstream(.minted, .answer(.error(401))))
        for outcome in ["ok", "upstream_auth"] {
            _ = await test.respond(to: .token())
            test.upstream.clock.advance(by: .seconds(90))
            let session = test.service.detailedReadiness().json["sessions"]?["default"]
            #expect(session?["last_mint"]?["outcome"]?.stringValue == outcome)
            #expect(session?["last_mint"]?["age_seconds"]?.numberValue?.integer == 90)
        }
    }

    @Test func `keeps what is known of sessions that stay, and says whose file is broken`() async throws {
        let state = ServiceState()
        let test = try TestService { $0.state = state }
        _ = await test.respond(to: .token())
        state.sessionsRead(["default"], broken: ["default"])
        let session = test.service.detailedReadiness().json["sessions"]?["default"]
        #expect(session?["file"]?.stringValue == "broken")
        #expect(session?["last_mint"]?["outcome"]?.stringValue == "ok")
        state.sessionsRead([], broken: [])
        #expect(test.service.detailedReadiness().json["sessions"]?["default"]?["last_mint"] == .null)
    }

    @Test func `says when the upstream is left alone, which does not affect it`() async throws {
        let test = try TestService(ScriptedUpstream(.failure(.tls("x"))))
        for _ in 0..<25 { _ = await test.respond(to: .token()) }
        #expect(await ask(test.service).status == .ok)
        let answer = test.service.detailedReadiness()
        #expect(answer.status == .ok)
        #expect(answer.json["upstream"]?.stringValue == "left_alone")
    }
}
