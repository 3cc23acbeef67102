import EphemeraldCore
import Testing
import ephemerald

@Suite struct `The notices of refused API keys` {
    private static let window = UInt64(KeyNotices.window.components.seconds) * 1_000_000_000

    @Test(arguments: [(Refusal.upstreamAuth, "OPENAI_API_KEY_FILE"), (.upstreamQuota, "add credit")])
    func `are one in each window, and count the others`(refusal: Refusal, advice: String) {
        var notices = KeyNotices()
        let first = notices.notice(refusal, now: 5)
        #expect(first?.hasPrefix("\(refusal.code): ") == true && first?.contains(advice) == true, "\(first ?? "")")
        #expect(first?.contains("more requests") == false)
        #expect(notices.notice(refusal, now: 6) == nil)
        #expect(notices.notice(refusal, now: 4 + Self.window) == nil)
        #expect(notices.notice(refusal, now: 5 + Self.window)?.contains("and 2 more requests failed") == true)
    }

    @Test func `are separate for keys that are refused and keys that are used up`() {
        var notices = KeyNotices()
        #expect(notices.notice(.upstreamAuth, now: 0) != nil)
        #expect(notices.notice(.upstreamQuota, now: 0) != nil)
    }

    @Test(arguments: [Refusal.upstreamTimeout, .upstreamError, .upstreamRejected, .upstreamNotFound])
    func `leave out what no key can help`(refusal: Refusal) {
        var notices = KeyNotices()
        #expect(notices.notice(refusal, now: 0) == nil)
    }
}
