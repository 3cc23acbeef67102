import EphemeraldCore
import Redis
import Testing

/// A change to the scripts, to see that the tests notice it.
struct Fault: Sendable, CustomTestStringConvertible {
    let original: String
    let replacement: String

    init(_ original: String, _ replacement: String) {
        self.original = original
        self.replacement = replacement
    }

    var testDescription: String { "\(original) → \(replacement)" }
}

extension SharedCalls {
    /// As the daemon does it, unless there is a fault.
    /// - Parameter time: milliseconds since 1970; nil for Redis' own clock.
    init(_ client: RedisClient, daemon: String, creation: Duration, at time: Int64? = nil, fault: Fault? = nil) {
        self.init(
            daemon: daemon, creation: creation, clock: { time },
            run: { script, keys, arguments, patience async throws(RedisCountsFailure) in
                do throws(RedisFailure) {
                    let reply: RedisReply
                    if let fault, script.text.contains(fault.original) {
                        let text = script.text.replacing(fault.original, with: fault.replacement)
                        reply = try await client.send(["EVAL", text, String(keys.count)] + keys + arguments)
                    } else {
                        reply = try await client.evaluate(
                            script.text, sha1: script.sha1, keys: keys, arguments: arguments)
                    }
                    guard let elements = reply.elements else { throw RedisFailure.broken("\(reply)") }
                    return elements.map(RedisValue.init)
                } catch {
                    throw RedisCountsFailure("\(error)")
                }
            },
            post: { script, keys, arguments in
                let text = fault.map { script.text.replacing($0.original, with: $0.replacement) } ?? script.text
                client.post(["EVAL", text, String(keys.count)] + keys + arguments)
            })
    }
}

extension SharedCalls {
    /// The call is over, for a reason.
    /// - Parameters:
    ///   - isConfirmed: false when the upstream's own end has passed without an answer.
    ///   - reportedSeconds: how long it lasted, if the upstream reported it.
    func end(
        _ call: SharedCall, _ reason: CallEndReason, isConfirmed: Bool, reportedSeconds: Int? = nil, now: UInt64
    ) async throws -> SharedSettlement {
        let settlement = CallSettlement(
            call.record, reason, isConfirmed: isConfirmed, reported: reportedSeconds, now: Int64(now))
        return try await end(call, settlement, now: now)
    }

    /// All calls that are open or ending.
    func listing(now: UInt64) async throws -> [CallListing] {
        var listing: [CallListing] = []
        for page in try await all.pages() { listing += try await all.look(at: page, now: now).calls }
        return listing
    }
}

extension RedisValue {
    fileprivate init(_ reply: RedisReply) {
        switch reply {
        case .integer(let number): self = .integer(number)
        case .bytes(let bytes): self = .text(String(decoding: bytes, as: UTF8.self))
        case .array(let values): self = .list(values.map(RedisValue.init))
        case .status, .error, .null: self = .nothing
        }
    }
}
