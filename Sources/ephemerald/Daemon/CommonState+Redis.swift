import Curl
import EphemeraldCore
import EventLoop
import Redis

/// How limits and quotas are counted in Redis.
extension CommonState {
    /// A client that begins to connect; nil where no Redis is set.
    func redisClient(on loop: EventLoop) -> Redis.Client? {
        guard let redis, let notices = redisNotices else { return nil }
        var settings = Redis.ClientSettings()
        // A key like those that are counted: in a cluster, a node that does not have them names the node that does.
        settings.probe = ["GET", "{ephemerald}:probe"]
        return Redis.Client(over: Streams(for: loop), address: redis.address, settings: settings) {
            [unowned loop] change in
            switch change {
            case .back: notices.answered(loop)
            case .away(let reason): notices.failed(loop, reason)
            }
        }
    }

    /// Where the requests of a loop are counted.
    func admission(in redis: Redis.Client?, surroundings: Surroundings) -> Admission {
        let memory = Admission.inMemory(counts, surroundings: surroundings)
        guard let redis, let notices = redisNotices else { return memory }
        return .inRedis(RedisCounts(redis), standIn: self.redis?.down == .refuse ? nil : memory) { failure in
            switch failure {
            case nil: notices.answered(redis.loop)
            // The daemon is shutting down.
            case RedisCountsFailure.cancelled: break
            case let failure?: notices.failed(redis.loop, failure.reason)
            }
        }
    }
}

extension RedisCounts {
    fileprivate init(_ client: Redis.Client) {
        let script = Script(AdmissionScript.admit, sha1: AdmissionScript.admitSHA1)
        self.init(
            run: { keys, arguments async throws(RedisCountsFailure) in
                let reply: RedisReply
                do throws(RedisFailure) {
                    reply = try await client.evaluate(script, keys: keys, arguments: arguments)
                } catch {
                    throw error == .cancelled ? .cancelled : RedisCountsFailure("\(error)")
                }
                if case .error(let message) = reply { throw RedisCountsFailure(message) }
                return reply.integers ?? []
            },
            post: { keys, arguments in
                client.post(["EVAL", AdmissionScript.giveBack, String(keys.count)] + keys + arguments)
            })
    }
}

extension RedisCountsFailure {
    fileprivate static let cancelled = RedisCountsFailure("cancelled")
}
