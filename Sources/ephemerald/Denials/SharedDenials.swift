import EphemeraldCore
import Redis

/// The deny-list in Redis: a hash with the end of each denial in Unix seconds, 0 for none, and one field without a name
/// that shows that it was written.
struct SharedDenials {
    static let key = "{ephemerald}:denied"
    static let mark = ""

    /// A part of the list: where the next one begins, and fields and values in turn, each on a line.
    private static let scan = RedisScript(
        """
        local found = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', 100)
        return {found[1], table.concat(found[2], '\\n')}
        """)

    private let redis: RedisClient

    init(_ redis: RedisClient) {
        self.redis = redis
    }

    /// Reads the list in parts, each of them one text: a reply with as many elements as the list would end the connection.
    /// - Returns: nil when Redis refuses, which is reported.
    func read(
        orReport report: (RedisReply) -> Void
    ) async throws(RedisFailure) -> [(name: String, value: String)]? {
        var (cursor, fields): (String, [(name: String, value: String)]) = ("0", [])
        repeat {
            let reply = try await redis.evaluate(
                SharedDenials.scan.text, sha1: SharedDenials.scan.sha1, keys: [SharedDenials.key], arguments: [cursor])
            guard let parts = reply.elements, parts.count == 2, case .bytes(let next) = parts[0],
                case .bytes(let text) = parts[1]
            else {
                report(reply)
                return nil
            }
            let lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            fields += stride(from: 0, to: lines.count - 1, by: 2).map { (String(lines[$0]), String(lines[$0 + 1])) }
            cursor = String(decoding: next, as: UTF8.self)
        } while cursor != "0"
        return fields
    }

    /// - Returns: whether Redis carried it out; a refusal is reported.
    func write(_ words: [String], orReport report: (RedisReply) -> Void) async throws(RedisFailure) -> Bool {
        let reply = try await redis.send(words)
        guard case .error = reply else { return true }
        report(reply)
        return false
    }
}
