import EphemeraldCore
import EventLoop
import Locking
import Logging
import Redis
import Settings
import Text

/// Logs for the operator when Redis is away and when it is back, once for all loops and not for each request.
final class RedisNotices: Sendable {
    private struct State {
        /// The loops that Redis answered last time.
        var answered: Set<ObjectIdentifier> = []
        /// Whether Redis has answered all loops before.
        var hasBegun = false
        /// The reasons that have been logged since Redis is away; empty while it is there.
        var reasons: Set<String> = []
        /// When each reason was logged, of those that are to be logged again only after a pause.
        var recent: [String: ContinuousClock.Instant] = [:]
    }

    private enum Change {
        case begins, back
    }

    /// The shortest time between two warnings with one reason, for a Redis that is late now and then.
    private static let pause = Duration.seconds(60)
    private static let maxReasons = 8

    private let state = Locked(State())
    private let address: RedisAddress
    private let consequence: String
    private let loops: Int
    private let emergencies: Emergencies
    private let logger: Logger

    init(_ redis: Settings.Redis, loops: Int, _ emergencies: Emergencies, logger: Logger) {
        self.emergencies = emergencies
        address = redis.address
        consequence =
            switch redis.down {
            case .local: "this process counts limits and quotas for itself, and creates no calls"
            case .refuse: "requests are refused with limits_unavailable"
            }
        self.loops = loops
        self.logger = logger
    }

    /// The loops that Redis does not count for at this moment.
    var loopsAway: Int { loops - state.withLock(\.answered.count) }

    /// Redis counted for this loop.
    func reportBack(_ loop: EventLoop) {
        // The list of emergencies is changed under the same lock, or a loop that comes back could end what another begins.
        let change: Change? = state.withLock { state in
            guard state.answered.insert(ObjectIdentifier(loop)).inserted, state.answered.count == loops else {
                return nil
            }
            emergencies.end(.redis, "", now: Surroundings.monotonicNanoseconds())
            defer {
                state.hasBegun = true
                state.reasons = []
            }
            if !state.hasBegun { return .begins }
            return state.reasons.isEmpty ? nil : .back
        }
        switch change {
        case .begins: logger.info("limits and quotas are counted in \(address)")
        case .back: logger.notice("Redis is back; limits and quotas are counted in \(address) again")
        case nil: break
        }
    }

    /// Redis did not count for this loop.
    /// - Parameter reason: may be the server's own message, with any content.
    func reportAway(_ loop: EventLoop, _ reason: String) {
        let reason = address.concealing(reason).loggable(256)
        let now = ContinuousClock.now
        let message =
            "Redis at \(address) is away: \(reason); \(consequence); start it, or correct what the reason names or "
            + "REDIS_URL; the daemon tries again by itself"
        let isNews = state.withLock { state in
            state.answered.remove(ObjectIdentifier(loop))
            emergencies.begin(.redis, message, isReported: true, now: Surroundings.monotonicNanoseconds())
            guard !state.reasons.contains(reason) else { return false }
            state.recent = state.recent.filter { now - $0.value < RedisNotices.pause }
            guard state.recent[reason] == nil,
                max(state.reasons.count, state.recent.count) < RedisNotices.maxReasons
            else { return false }
            state.reasons.insert(reason)
            state.recent[reason] = now
            return true
        }
        if isNews { logger.warning("\(message)") }
    }
}
