import EphemeraldCore
import EventLoop
import Locking
import Logging
import Redis
import Settings
import Text

/// Tells the operator when Redis is away and when it is back, once for all loops together and not for each request.
final class RedisNotices: Sendable {
    private struct State {
        /// The loops whose last word from Redis was a good one.
        var well: Set<ObjectIdentifier> = []
        /// Whether all loops have been well at the same time before.
        var hasBegun = false
        /// Why Redis is away, as far as that has been told; empty while it is there.
        var reasons: Set<String> = []
        var lastTelling: ContinuousClock.Instant?
    }

    private enum Telling {
        case begins, back
    }

    /// A Redis that is late now and then is told of as often as that.
    private static let pause = Duration.seconds(10)
    private static let maxReasons = 8

    private let state = Locked(State())
    private let address: RedisAddress
    private let consequence: String
    private let loops: Int
    private let logger: Logger

    init(_ redis: Settings.Redis, loops: Int, logger: Logger) {
        address = redis.address
        consequence =
            switch redis.down {
            case .local: "this process counts limits and quotas for itself"
            case .refuse: "requests are refused with limits_unavailable"
            }
        self.loops = loops
        self.logger = logger
    }

    /// The loops that Redis does not count for at this moment.
    var loopsAway: Int { loops - state.withLock(\.well.count) }

    /// Redis counts for the loop, perhaps again.
    func reportBack(_ loop: EventLoop) {
        let telling: Telling? = state.withLock { state in
            guard state.well.insert(ObjectIdentifier(loop)).inserted, state.well.count == loops else { return nil }
            defer {
                state.hasBegun = true
                state.reasons = []
            }
            if !state.hasBegun { return .begins }
            return state.reasons.isEmpty ? nil : .back
        }
        switch telling {
        case .begins: logger.info("limits and quotas are counted in \(address)")
        case .back: logger.notice("Redis is back; limits and quotas are counted in \(address) again")
        case nil: break
        }
    }

    /// Redis does not count for the loop.
    /// - Parameter words: the reason; it may come from the server, and hold anything.
    func reportAway(_ loop: EventLoop, _ words: String) {
        let words = address.concealing(words).loggable(256)
        let now = ContinuousClock.now
        let isNews = state.withLock { state in
            state.well.remove(ObjectIdentifier(loop))
            guard !state.reasons.contains(words), state.reasons.count < RedisNotices.maxReasons else { return false }
            if state.reasons.isEmpty, let last = state.lastTelling, now - last < RedisNotices.pause { return false }
            state.reasons.insert(words)
            state.lastTelling = now
            return true
        }
        if isNews { logger.warning("Redis at \(address) is away: \(words); \(consequence)") }
    }
}
