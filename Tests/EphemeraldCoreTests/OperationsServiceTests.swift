import EphemeraldCore
import HTTP
import Testing

extension OperationsService {
    /// An answer that waits for nothing.
    func answer(to request: Request) -> Response {
        if case .now(let response) = reply(to: request) { return response }
        Issue.record("the answer waits")
        return Response(.serviceUnavailable)
    }
}

@Suite struct `The operations listener` {
    private static func ask(
        _ fields: Fields, at target: String = TokenService.readinessPath, method: Method = .get, name: String? = nil
    ) -> Response {
        let service = OperationsService(
            name: name, readiness: { Response(.serviceUnavailable, body: Array("details".utf8)) },
            families: { [MetricFamily("secret", .gauge, "A secret.", 1)] })
        return service.answer(to: Request(method: method, target: target, fields: fields, peer: .unix))
    }

    @Test(arguments: [Method.get, .head])
    func `answers for readiness with its details`(method: Method) {
        let answer = Self.ask(["Host": "127.0.0.1"], method: method)
        #expect(answer.status == .serviceUnavailable && answer.text == "details")
        #expect(answer.fields["Cache-Control"] == "no-store")
        #expect(Self.ask(["Host": "127.0.0.1"], method: .post).fields["Allow"] == "GET, HEAD")
    }

    /// What scrapers, probes and people send.
    private static let own: [Fields] = [
        [:], ["Host": "127.0.0.1"], ["Host": "127.0.0.1:9464"], ["Host": "10.1.2.3:9464"], ["Host": "[::1]"],
        ["Host": "[2001:db8::7]:9464"], ["Host": "localhost"], ["Host": "LocalHost:80"], ["Host": "ops.internal"],
        ["Host": "OPS.internal:9464"], ["Host": "localhost", "Sec-Fetch-Site": "none"],
    ]

    /// What a page sends: its own name that leads here, look-alikes of an address, and what browsers add.
    private static let pages: [Fields] = [
        ["Host": "evil.example"], ["Host": "evil.example:9464"], ["Host": "localhost.evil.example"],
        ["Host": "evil.localhost"], ["Host": "127.0.0.1.evil.example"], ["Host": "127.0.0.1.nip.io:9464"],
        ["Host": "ops.internal.evil.example"], ["Host": "internal"], ["Host": "localhost."], ["Host": "ops.internal."],
        ["Host": "127.1"], ["Host": "2130706433"], ["Host": "0x7f.0.0.1"], ["Host": "127.0.0.1."], ["Host": "::1"],
        ["Host": "[::1].evil.example"], ["Host": "[evil.example]"], ["Host": "[::1%25lo]"], ["Host": ""],
        ["Host": ":9464"], ["Host": "127.0.0.1:9464:evil.example"],
        ["Host": "127.0.0.1", "Origin": "http://127.0.0.1"], ["Host": "localhost", "Origin": "null"],
        ["Host": "localhost", "Origin": ""], ["Host": "127.0.0.1", "Sec-Fetch-Site": "same-origin"],
        ["Host": "127.0.0.1", "Sec-Fetch-Site": "cross-site"], ["Host": "127.0.0.1", "Sec-Fetch-Site": "same-site"],
        ["Host": "127.0.0.1", "Sec-Fetch-Site": ""],
        ["Host": "127.0.0.1", "Sec-Fetch-Site": "none", "sec-fetch-site": "cross-site"],
    ]

    @Test(arguments: own, [TokenService.readinessPath, OperationsService.metricsPath])
    func `answers the operator`(fields: Fields, target: String) {
        #expect([.ok, .serviceUnavailable].contains(Self.ask(fields, at: target, name: "ops.internal").status))
    }

    @Test(arguments: pages, [TokenService.readinessPath, OperationsService.metricsPath, "/nowhere"])
    func `refuses web pages, and says why`(fields: Fields, target: String) {
        let answer = Self.ask(fields, at: target, name: "ops.internal")
        #expect(answer.status == .forbidden)
        #expect(answer.text.hasPrefix("Th") && answer.text.hasSuffix(".\n") && !answer.text.contains("secret"))
    }

    @Test func `knows no name that the settings do not`() {
        #expect(Self.ask(["Host": "ops.internal"]).status == .forbidden)
    }
}
