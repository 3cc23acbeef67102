import Curl
import EphemeraldCore
import EventLoop
import Locking
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
            [unowned loop, peers] change in
            switch change {
            case .back: notices.reportBack(loop)
            case .away(let reason): notices.reportAway(loop, reason)
            }
            peers?.redisIs(away: change != .back, for: ObjectIdentifier(loop))
        }
    }

    /// Where the requests of a loop are counted.
    func admission(in redis: RedisClient?, surroundings: Surroundings) -> Admission {
        let memory = Admission.inMemory(counts, surroundings: surroundings)
        guard let redis, let notices = redisNotices else { return memory }
        let standIn = self.redis?.down == .refuse ? nil : memory
        return .inRedis(RedisCounts(redis), standIn: standIn) { notices.report($0, redis) }
    }

    /// Reads every second, while the client lives, what all daemons have taken from `SPEND_ALL`. On the loop's thread.
    func watchSpending(in client: RedisClient) {
        Task(executorPreference: client.loop) { [weak client, loop = client.loop, spending, sharedSpending] in
            while client != nil {
                if spending.withLock(\.all) != nil {
                    switch try? await client?.send(["GET", SharedSpending.key]) {
                    case .bytes(let value): sharedSpending.read(String(decoding: value, as: UTF8.self))
                    case .null: sharedSpending.read(nil)
                    default: break
                    }
                }
                await loop.sleep(for: .seconds(1))
            }
        }
    }

    /// Where the calls of a loop are kept.
    /// - Parameter creation: how long the upstream may take to create a call.
    func callStore(in redis: RedisClient?, creation: Duration, surroundings: Surroundings) -> any CallStore {
        guard let redis, let notices = redisNotices, let peers else {
            return CallsInMemory(calls, counting: counts, surroundings: surroundings)
        }
        let shared = SharedCalls(daemon: callWork.daemon, creation: creation) { redis }
        return CallsInRedis(calls, in: shared, peers: peers, surroundings: surroundings) {
            notices.report($0, redis)
        }
    }
}

extension RedisNotices {
    /// - Parameter failure: why Redis did not decide; nil when it did.
    fileprivate func report(_ failure: RedisCountsFailure?, _ client: RedisClient) {
        switch failure {
        // The reply may have been the last of its connection.
        case nil: if client.isConnected { reportBack(client.loop) }
        case RedisCountsFailure.cancelled: break
        case let failure?: reportAway(client.loop, failure.reason)
        }
    }
}

extension RedisCounts {
    fileprivate init(_ client: RedisClient) {
        let script = AdmissionScript.admit
        self.init(
            run: { keys, arguments async throws(RedisCountsFailure) in
                let reply: RedisReply
                do throws(RedisFailure) {
                    reply = try await client.evaluate(script.text, sha1: script.sha1, keys: keys, arguments: arguments)
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
    ///   - client: nil while the loop has none.
    init(daemon: String, creation: Duration, in client: @escaping @Sendable () -> RedisClient?) {
        self.init(
            daemon: daemon, creation: creation,
            run: { script, keys, arguments, patience async throws(RedisCountsFailure) in
                guard let client = client() else { throw RedisCountsFailure("not connected") }
                guard let patience else { return try await client.run(script, keys, arguments, within: nil) }
                // The end of a call or its record depends on this step, so it goes on when the browser goes.
                typealias Outcome = Result<[RedisValue], RedisCountsFailure>
                let step = Task(executorPreference: client.loop) { () async -> Outcome in
                    do throws(RedisCountsFailure) {
                        return .success(try await client.run(script, keys, arguments, within: patience))
                    } catch {
                        return .failure(error)
                    }
                }
                return try await step.value.get()
            },
            post: { script, keys, arguments in
                client()?.post(["EVAL", script.text, String(keys.count)] + keys + arguments)
            })
    }
}

extension RedisClient {
    fileprivate func run(
        _ script: RedisScript, _ keys: [String], _ arguments: [String], within patience: Duration?
    ) async throws(RedisCountsFailure) -> [RedisValue] {
        let reply: RedisReply
        do throws(RedisFailure) {
            reply = try await evaluate(
                script.text, sha1: script.sha1, keys: keys, arguments: arguments, within: patience)
        } catch {
            throw error == .cancelled ? .cancelled : RedisCountsFailure("\(error)")
        }
        if case .error(let message) = reply { throw RedisCountsFailure(message) }
        return reply.elements?.map(RedisValue.init) ?? []
    }
}

extension RedisValue {
    /// A part of a script's reply.
    fileprivate init(_ reply: RedisReply) {
        switch reply {
        case .integer(let number): self = .integer(number)
        case .bytes(let bytes): self = .text(String(decoding: bytes, as: UTF8.self))
        case .array(let values): self = .list(values.map(RedisValue.init))
        case .status, .error, .null: self = .nothing
        }
    }
}
