import EphemeraldCore
import HTTP
import JSON
import Sessions
import Testing

extension TestService {
    /// The answer, when no step of it waits; else nil, and the request goes no further.
    fileprivate func answerAtOnce(to request: Request) -> Response? {
        if case .now(let response) = service.reply(to: request) { response } else { nil }
    }
}

@Suite struct `A request for a token` {
    private static let rules = TokenRules(issuer: nil, audience: nil)

    private func request(_ token: String, query: String = "") -> Request {
        .token(query: query, fields: ["Authorization": "Bearer \(token)"])
    }

    @Test func `is refused at once for its credentials`() throws {
        let keys = Authenticator.Mode.bearer(try `A caller`.keys("ann"))
        let tokens = Authenticator.Mode.jwt(TokenVerifier(keys: .fixed(TestKeys.all), rules: Self.rules))
        let test = try TestService(callers: Authenticator([keys, tokens]))
        for credentials in ["eph_bob", "\(TestKeys.token())x", TestKeys.token(#"{"sub":"ann","exp":1}"#)] {
            #expect(test.answerAtOnce(to: request(credentials))?.status == .unauthorized)
        }
        #expect(test.answerAtOnce(to: .token())?.status == .unauthorized)
        #expect(test.usage.count == 4)
    }

    @Test(arguments: ["eph_ann", TestKeys.token()])
    func `of a known caller is refused at once by everything in memory`(credentials: String) async throws {
        let keys = Authenticator.Mode.bearer(try `A caller`.keys("ann"))
        let tokens = Authenticator.Mode.jwt(TokenVerifier(keys: .fixed(TestKeys.all), rules: Self.rules))
        let test = try TestService(clientLimit: "1/h", callers: Authenticator([keys, tokens]))
        let unknown = request(credentials, query: "?session=nowhere")
        #expect(test.answerAtOnce(to: unknown)?.status == .notFound)
        #expect(await test.respond(to: request(credentials)).status == .ok)
        #expect(test.answerAtOnce(to: request(credentials))?.status == .tooManyRequests)
        test.mintingSwitch.isPaused = true
        #expect(test.answerAtOnce(to: request(credentials))?.status == .serviceUnavailable)
    }

    @Test func `waits for the upstream, and for counts elsewhere`() async throws {
        let reached = QuotaCheck(.all, allowance: 0, identity: "")
        let test = try TestService {
            $0.admission = Admission(
                admit: { _ in .later { .success(.refused(LimitReached(.quota(reached), wait: .seconds(1)))) } },
                giveBack: { _ in })
        }
        #expect(test.answerAtOnce(to: .token()) == nil)
        #expect(await test.respond(to: .token()).json["code"] == "quota_exhausted")
        #expect(try TestService().answerAtOnce(to: .token()) == nil)
    }

    @Test func `waits for keys that have to be fetched, and for no others`() async throws {
        let callers = Authenticator([
            .jwt(TokenVerifier(keys: .fetched(FetchedKeys(url: "https://id.example/")), rules: Self.rules))
        ])
        let test = try TestService(callers: callers)
        #expect(test.answerAtOnce(to: request("a.b.c"))?.status == .unauthorized)
        // A request that goes no further does not keep the next one from fetching them.
        #expect(test.answerAtOnce(to: request(TestKeys.token())) == nil)
        #expect(await test.respond(to: request(TestKeys.token())).json["code"] == "keys_unavailable")
        #expect(test.answerAtOnce(to: request(TestKeys.token()))?.fields["Retry-After"] == "5")
    }
}
