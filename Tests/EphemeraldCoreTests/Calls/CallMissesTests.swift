import EphemeraldCore
import Testing

private let minute: UInt64 = 60_000_000_000

@Suite struct `Misses of a client` {
    @Test func `block it after the thirtieth, for the rest of a minute`() {
        var misses = CallMisses()
        for _ in 0..<30 {
            #expect(!misses.isBlocked(1, now: 5))
            misses.add(1, now: 5)
        }
        #expect(misses.isBlocked(1, now: 5))
        #expect(misses.isBlocked(1, now: 4 + minute))
        #expect(!misses.isBlocked(1, now: 5 + minute))
        misses.add(1, now: 5 + minute)
        #expect(!misses.isBlocked(1, now: 5 + minute))
    }

    @Test func `do not block another`() {
        var misses = CallMisses()
        for _ in 0..<40 { misses.add(1, now: 0) }
        #expect(!misses.isBlocked(2, now: 0))
    }

    @Test func `are forgotten when there are too many clients`() {
        var misses = CallMisses()
        for _ in 0..<30 { misses.add(1, now: 0) }
        for client in 2...8_192 { misses.add(UInt128(client), now: 0) }
        #expect(misses.isBlocked(1, now: 0))
        misses.add(0, now: 0)
        #expect(!misses.isBlocked(1, now: 0))
    }
}
