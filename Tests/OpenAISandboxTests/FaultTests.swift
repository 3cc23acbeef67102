import HTTP
import JSON
import Locking
import OpenAISandbox
import Sessions
import Testing

@Suite struct `A fault of the sandbox` {
    private static let request = Request(
        method: .post, target: "/v1/realtime/client_secrets",
        fields: ["Authorization": "Bearer sk-sandbox", "Content-Type": "application/json"],
        body: Array(#"{"session":{"type":"realtime","model":"gpt-realtime-2.1"}}"#.utf8), peer: .unix)

    private static func answer(_ fault: Fault) async -> (response: Response, mints: Int, refusals: Int) {
        let sandbox = Sandbox(fault: fault, unixSeconds: { 0 }, sleep: { _ in })
        let response = await sandbox.respond(to: request)
        return (response, sandbox.current.mints, sandbox.current.refusals)
    }

    @Test(
        arguments: [
            ("refuse", .refuse), ("reset", .reset), ("garbage", .garbage), ("slow-headers", .slowHeaders),
            ("late", .late), ("not-json", .notJSON), ("huge", .huge), ("quota", .quota), ("400", .status(400)),
            ("no-answer-after-create", .noAnswerAfterCreate), ("hangup-fails", .hangUpFails),
            ("not-found-without-code", .notFoundWithoutCode), ("drains", .drains),
            ("599", .status(599)), ("399", nil), ("600", nil), ("", nil), ("Reset", nil), ("200", nil), ("4e2", nil),
        ] as [(String, Fault?)])
    func `is named on the command line`(name: String, fault: Fault?) {
        #expect(Fault(name) == fault)
        #expect(fault == nil || name.first?.isNumber == true || Fault.names.contains(name))
    }

    @Test(
        arguments: [
            (400, "invalid_value", nil), (401, "invalid_api_key", nil),
            (403, "unsupported_country_region_territory", nil), (429, "rate_limit_exceeded", "7"),
            (500, "server_error", nil), (503, "server_error", nil), (599, "server_error", nil),
        ] as [(Int, String, String?)])
    func `of a status answers with OpenAI's error and counts nothing`(
        status: Int, code: String, retryAfter: String?
    ) async throws {
        let (response, mints, refusals) = await Self.answer(.status(status))
        #expect(response.status.rawValue == status)
        #expect(response.fields["Retry-After"] == retryAfter)
        #expect(try JSON(parsing: response.body)["error"]?["code"]?.stringValue == code)
        #expect((mints, refusals) == (0, 0))
    }

    @Test func `of the quota is a 429 without Retry-After`() async throws {
        let (response, mints, _) = await Self.answer(.quota)
        #expect(response.status == .tooManyRequests)
        #expect(response.fields["Retry-After"] == nil)
        #expect(try JSON(parsing: response.body)["error"]?["code"] == "insufficient_quota")
        #expect(mints == 0)
    }

    @Test(arguments: [(Fault.notJSON, 22), (.huge, 5_000_000)])
    func `of the body answers 200 without a secret`(fault: Fault, count: Int) async {
        let (response, mints, _) = await Self.answer(fault)
        #expect(response.status == .ok)
        #expect(response.body.count == count)
        #expect((try? JSON(parsing: response.body)) == nil)
        #expect(mints == 0)
    }

    @Test func `of lateness answers after a minute`() async {
        let slept = Locked<[Duration]>([])
        let sandbox = Sandbox(
            fault: .late, unixSeconds: { 0 }, sleep: { time in slept.withLock { $0.append(time) } })
        #expect(await sandbox.respond(to: Self.request).status == .ok)
        #expect(slept.withLock { $0 } == [.seconds(60)])
    }
}
