import EphemeraldCore
import HTTP
import Testing

/// The expected values are those of Python's `hmac` under the salt `0123456789abcdef`.
@Suite struct `A safety identifier` {
    private static let ofClient = "8c2f49bad693cfa16fd31c06f57013375239be4e239a3c41962c8c02ea6a0f98"
    private static let ofAnn = "5820455555d0d8fd9572ef60b262b5a1da833a0881f42fb0d9e548e0bf7a76bf"

    private static func identifiers(_ test: TestService) -> [[String]] {
        test.upstream.requests.map { $0.fields.values(of: "OpenAI-Safety-Identifier") }
    }

    @Test(arguments: [
        ("192.0.2.7", ofClient), ("2001:db8::1", "98626f50ab0f1be83d4396ad724b49e9788be6dd7e033e1b2c31d1a0fd5b13d0"),
        ("unix", "d78d8b91df00e5f510a86c000a45e687345aae894cd24331a31a1c776eddaf4f"),
    ])
    func `is the client's where callers do not say who they are`(peer: String, identifier: String) async throws {
        let test = try TestService()
        let forged: Fields = ["OpenAI-Safety-Identifier": "forged"]
        #expect(await test.respond(to: .token(fields: forged, peer: peer)).status == .ok)
        #expect(Self.identifiers(test) == [[identifier]])
    }

    @Test func `is the caller's where they are known, from any address`() async throws {
        let test = try TestService(callers: Authenticator([.proxy(field: "X-User")]))
        for client in ["198.51.100.1", "198.51.100.2"] {
            let fields: Fields = ["X-User": "ann", "X-Forwarded-For": client]
            #expect(await test.respond(to: .token(fields: fields, peer: "10.0.0.1")).status == .ok)
        }
        #expect(Self.identifiers(test) == [[Self.ofAnn], [Self.ofAnn]])
        #expect(!test.usage.joined().contains(Self.ofAnn))
    }

    @Test func `is not an address's if a caller has the address as a name`() async throws {
        let test = try TestService(callers: Authenticator([.proxy(field: "X-User")]))
        for user in ["192.0.2.7", "client:192.0.2.7"] {
            _ = await test.respond(to: .token(fields: ["X-User": user], peer: "10.0.0.1"))
        }
        #expect(Set(Self.identifiers(test)).count == 2)
        #expect(!Self.identifiers(test).contains([Self.ofClient]))
    }

    @Test func `stays with a request that is tried again`() async throws {
        let test = try TestService(ScriptedUpstream(.answer(.error(503)), .minted))
        #expect(await test.respond(to: .token()).status == .ok)
        #expect(Self.identifiers(test) == [[Self.ofClient], [Self.ofClient]])
    }
}
