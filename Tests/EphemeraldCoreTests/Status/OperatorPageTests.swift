import EphemeraldCore
import HTTP
import Testing

@Suite struct `The operator's page` {
    private static let script: Fields = ["Host": "localhost:9464", "Ephemerald-Page": "operator"]
    private static let elsewhere = Peer.ip(IPAddress(v4: 0xC000_0207), port: 5)

    private static func ask(
        _ fields: Fields, at target: String, method: Method = .get, peer: Peer = .unix, name: String? = nil
    ) -> Response {
        let page = OperatorPage(
            files: ["/": StaticFile(Array("page".utf8), mediaType: "text/html", fields: OperatorPage.fields)],
            status: { Array("{}".utf8) })
        let service = OperationsService(
            name: name, readiness: { Response(.ok) }, families: { [] }, page: page)
        return service.answer(to: Request(method: method, target: target, fields: fields, peer: peer))
    }

    private static func with(_ name: String, _ value: String, _ fields: Fields = script) -> Fields {
        var fields = fields
        fields.append(name, value)
        return fields
    }

    /// What a browser adds to a request of the page's script.
    private static let own: [Fields] = [
        script, with("Sec-Fetch-Site", "same-origin"), with("Origin", "http://localhost:9464"),
        with("Origin", "https://localhost:9464"),
        with("Origin", "http://localhost:9464", with("Sec-Fetch-Site", "same-origin")), ["Host": "127.0.0.1"],
    ]

    @Test(arguments: own, ["/status", "/calls"])
    func `reads the state, as a program of this machine does`(fields: Fields, target: String) {
        let answer = Self.ask(fields, at: target)
        #expect(answer.status == .ok && answer.fields["Cache-Control"] == "no-store")
    }

    private static let foreign: [Fields] = [
        // Another page cannot send the field, so these two never arrive; they are refused all the same.
        with("Origin", "https://evil.example"), with("Sec-Fetch-Site", "cross-site"),
        with("Origin", "null"), with("Origin", "http://localhost:8000"), with("Sec-Fetch-Site", "same-site"),
        with("Sec-Fetch-Site", "none"), with("Origin", "http://localhost:9464", with("Origin", "http://evil.example")),
        // DNS rebinding: to the browser it is the origin of the page.
        ["Host": "evil.example", "Ephemerald-Page": "operator", "Origin": "http://evil.example"],
        ["Ephemerald-Page": "operator"],
        // What a page can send without a preflight.
        ["Host": "localhost", "Sec-Fetch-Site": "same-origin"], ["Host": "localhost", "Origin": "http://localhost"],
        with("Sec-Fetch-Site", "same-origin", ["Host": "localhost", "Ephemerald-Page": "demo"]),
    ]

    @Test(arguments: foreign, ["/status", "/calls", "/calls?all=true"])
    func `is the only page that reads the state or ends a call`(fields: Fields, target: String) {
        let method: Method = target.hasSuffix("true") ? .delete : .get
        #expect(Self.ask(fields, at: target, method: method) == Response(.notFound))
    }

    @Test(arguments: ["/status", "/calls", "/"])
    func `exists only on this machine`(target: String) {
        #expect(Self.ask(["Host": "192.0.2.1"], at: target, peer: Self.elsewhere) == Response(.notFound))
        #expect(Self.ask(Self.script, at: target, peer: Self.elsewhere).status == .notFound)
    }

    private static let loading: [(fields: Fields, status: Status)] = [
        (["Host": "localhost"], .ok), (["Host": "localhost", "Sec-Fetch-Site": "none"], .ok),
        (["Host": "localhost", "Sec-Fetch-Site": "same-origin"], .ok), (["Host": "ops.internal:9464"], .ok),
        (["Host": "localhost", "Sec-Fetch-Site": "cross-site"], .forbidden), (["Host": "evil.example"], .forbidden),
        (["Host": "localhost", "Origin": "http://localhost"], .ok),
        (["Host": "localhost", "Origin": "http://localhost:81"], .forbidden),
        (["Host": "evil.example", "Origin": "http://evil.example"], .forbidden),
    ]

    @Test(arguments: loading)
    func `is loaded by people and by itself only`(fields: Fields, status: Status) {
        #expect(Self.ask(fields, at: "/", name: "ops.internal").status == status)
    }

    @Test func `changes nothing about metrics and readiness`() {
        for target in ["/metrics", TokenService.readinessPath] {
            #expect(Self.ask(Self.with("Sec-Fetch-Site", "same-origin"), at: target).status == .forbidden)
        }
    }

    @Test(arguments: ["/", "/status"])
    func `is read only`(target: String) {
        #expect(Self.ask(["Host": "localhost"], at: target, method: .post).fields["Allow"] == "GET, HEAD")
    }
}
