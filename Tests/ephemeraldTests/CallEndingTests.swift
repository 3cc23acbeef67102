import Curl
import EphemeraldCore
import EventLoop
import HTTP
import Sessions
import TestTools
import Testing
import ephemerald

/// Over real sockets, against the stand-in for OpenAI of `Tests/BlackBox`.
@Suite(.timeLimit(.minutes(5)))
struct `A call that is ended upstream` {
    private func call(_ type: CallType, _ id: String, key: String, of baseURL: String) -> CallRecord {
        let plan = CallPlan(
            type: type, session: "default", caller: nil, client: nil,
            binding: CallBinding(caller: nil, origin: nil), maximumSeconds: 60, leaseSeconds: 0,
            day: Day(2026, 11, 27), requestID: "r")
        return CallRecord(
            name: CallID(randomBits: 1).name, plan: plan, upstreamID: id,
            upstreamHost: String(baseURL.split(separator: "/")[1]), key: KeyPrint(ofKey: key), openedAt: 0)
    }

    /// The verdicts of so many attempts, one after the other, and what the upstream saw.
    private func end(
        _ type: CallType, at upstream: FakeOpenAIProcess, baseURL: String? = nil, times: Int = 1
    ) async throws -> (verdicts: [EndVerdict], report: String) {
        let key = "sk-test-0123456789abcdef"
        let call = call(type, upstream.callID, key: key, of: upstream.baseURL)
        let (baseURL, caFile) = (baseURL ?? upstream.baseURL, upstream.authority?.path("ca.pem"))
        let verdicts = try await onLoop { loop in
            var settings = HTTPClientSettings()
            settings.allowsPlainHTTP = baseURL.hasPrefix("http:")
            settings.caFile = caFile
            settings.connectTimeout = .seconds(20)
            let client = try HTTPClient(on: loop, settings: settings)
            defer { client.close() }
            let sideband = Sideband(over: try Streams(on: loop), settings)
            let ender = CallEnder(
                upstream: Upstream(baseURL: baseURL, keys: [Secret(key)]),
                surroundings: Surroundings(
                    monotonicNanoseconds: { 60_000_000_000 }, unixMilliseconds: { 0 }, sleep: { _ in }),
                send: { request async throws(TransferFailure) in try await client.send(request) },
                attach: { await sideband.close($0) })
            var verdicts: [EndVerdict] = []
            for _ in 0..<times { verdicts.append(await ender.end(call)) }
            return verdicts
        }
        return (verdicts, upstream.report())
    }

    @Test(arguments: [false, true], [[], ["drains=2"]])
    func `of Live closes its session over the sideband, with audio on it`(
        isEncrypted: Bool, faults: [String]
    ) async throws {
        let upstream = try FakeOpenAIProcess(.live, age: 1_000, faults: faults, isEncrypted: isEncrypted)
        let (verdicts, report) = try await end(.live, at: upstream)
        guard case .over(let seconds?) = verdicts.first else { throw Wrong(verdicts: verdicts) }
        #expect((faults.isEmpty ? 1_001 : 1_003)...1_060 ~= seconds)
        #expect(report == "close_requested GET:attach")
    }

    @Test(
        arguments: [
            ([], "close_requested", EndVerdict.over(reportedSeconds: nil)),
            (["hangup-fails"], "open", .unsure("the hang-up was answered with status 500")),
            (["not-found-without-code"], "open", .unsure("the hang-up was answered with status 404")),
        ])
    func `of Realtime is hung up`(faults: [String], end: String, verdict: EndVerdict) async throws {
        let upstream = try FakeOpenAIProcess(.realtime, faults: faults)
        let (verdicts, report) = try await self.end(.realtime, at: upstream, times: 2)
        // The second time the call is not found, or the fault goes on.
        #expect(verdicts == [verdict, verdict])
        #expect(report == "\(end) POST:hangup POST:hangup")
    }

    @Test func `of Live is hung up when its sideband fails, and over when it is not found after that`() async throws {
        for fault in ["once-sideband-fails", "once-sideband-closes"] {
            let (verdicts, report) = try await end(.live, at: try FakeOpenAIProcess(.live, faults: [fault]))
            #expect(verdicts == [.over(reportedSeconds: nil)])
            #expect(report == "close_requested GET:attach POST:hangup GET:attach")
        }
    }

    @Test func `of Live is closed at the second sideband when the hang-up fails`() async throws {
        let faults = ["once-sideband-fails", "hangup-fails"]
        let (verdicts, report) = try await end(.live, at: try FakeOpenAIProcess(.live, age: 50, faults: faults))
        guard case .over(let seconds?) = verdicts.first else { throw Wrong(verdicts: verdicts) }
        #expect(51...110 ~= seconds)
        #expect(report == "close_requested GET:attach POST:hangup GET:attach")
    }

    @Test func `of Live is not over because a gateway does not know the path`() async throws {
        let upstream = try FakeOpenAIProcess(.live, faults: ["not-found-without-code"])
        let (verdicts, report) = try await end(.live, at: upstream)
        let reason = "the sideband was refused with status 404; before, the hang-up was answered with status 404"
        #expect(verdicts == [.unsure(reason)])
        #expect(report == "open GET:attach POST:hangup GET:attach")
    }

    @Test(arguments: [CallType.live, .realtime])
    func `is not over because nobody listens`(type: CallType) async throws {
        let upstream = try FakeOpenAIProcess(type)
        let port = try ReservedPort()
        defer { extendLifetime(port) }
        let (verdicts, report) = try await end(type, at: upstream, baseURL: "http://127.0.0.1:\(port.number)/v1")
        guard case .unsure(let reason) = verdicts.first else { throw Wrong(verdicts: verdicts) }
        #expect(reason.contains("no connection"))
        #expect(report == "open")
    }

    private struct Wrong: Error {
        let verdicts: [EndVerdict]
    }
}
