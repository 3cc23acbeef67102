import Curl
import EphemeraldCore
import EventLoop
import Redis
import Settings

/// How limits, quotas and calls are counted in Redis.
extension CommonState {
    /// A client that begins to connect; nil where no Redis is set.
    func redisClient(on loop: EventLoop) -> RedisClient? {
        guard let redis, let notices = redisNotices else { return nil }
        var settings = RedisClientSettings()
        // A key like those that are counted: in a cluster, a node that does not have them names the node that does.
        settings.probe = ["GET", "{ephemerald}:probe"]
        return RedisClient(over: Streams(for: loop), address: redis.address, settings: settings) {
            [unowned loop] change in
            switch change {
            case .back: notices.reportBack(loop)
            case .away(let reason): notices.reportAway(loop, reason)
            }
        }
    }

    /// Where the requests of a loop are counted.
    func admission(in redis: RedisClient?, surroundings: Surroundings) -> Admission {
        let memory = Admission.inMemory(counts, surroundings: surroundings)
        guard let redis, let notices = redisNotices else { return memory }
        return .inRedis(RedisCounts(redis), standIn: self.redis?.down == .refuse ? nil : memory) { failure in
            switch failure {
            case nil: notices.reportBack(redis.loop)
            // The daemon is shutting down.
            case RedisCountsFailure.cancelled: break
            case let failure?: notices.reportAway(redis.loop, failure.reason)
            }
        }
    }
}

extension RedisCounts {
    fileprivate init(_ client: RedisClient) {
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

extension SharedCalls {
    /// Calls in the Redis of a loop's client.
    /// - Parameters:
    ///   - daemon: a name that no other process has.
    ///   - creation: how long the upstream may take to create a call.
    init(_ client: RedisClient, daemon: String, creation: Duration) {
        self.init(
            daemon: daemon, creation: creation,
            run: { script, keys, arguments, patience async throws(RedisCountsFailure) in
                let reply: RedisReply
                do throws(RedisFailure) {
                    let script = Script(script.text, sha1: script.sha1)
                    reply = try await client.evaluate(script, keys: keys, arguments: arguments, within: patience)
                } catch {
                    throw error == .cancelled ? .cancelled : RedisCountsFailure("\(error)")
                }
                if case .error(let message) = reply { throw RedisCountsFailure(message) }
                return reply.elements?.map(RedisValue.init) ?? []
            },
            post: { script, keys, arguments in
                client.post(["EVAL", script.text, String(keys.count)] + keys + arguments)
            })
    }
}

extension RedisValue {
    /// A part of a script's reply.
    fileprivate init(_ reply: RedisReply) {
        switch reply {
        case .integer(let number): self = .integer(number)
        case .bytes(let bytes): self = .text(String(decoding: bytes, as: UTF8.self))
        case .status, .error, .array, .null: self = .nothing
        }
    }
}

extension RedisCountsFailure {
    fileprivate static let cancelled = RedisCountsFailure("cancelled")
}
