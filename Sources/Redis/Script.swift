/// A Lua script that the server runs as one command. It names scripts by their SHA-1, and is sent the text only when it
/// does not know the name.
package struct Script: Sendable {
    /// The Lua.
    package let text: String
    /// Of the text, in 40 lower-case hexadecimal digits.
    package let sha1: String

    /// - Parameter sha1: must be that of the text, which is not checked: EVALSHA would run another script.
    package init(_ text: String, sha1: String) {
        self.text = text
        self.sha1 = sha1
    }
}

extension Client {
    /// Runs a script, within one deadline.
    /// - Parameters:
    ///   - keys: every key that it touches, as a cluster wants it.
    ///   - arguments: what it finds in ARGV.
    package func evaluate(
        _ script: Script, keys: [String], arguments: [String]
    ) async throws(RedisFailure) -> RedisReply {
        let deadline = ContinuousClock.now + settings.deadline
        let rest = [String(keys.count)] + keys + arguments
        let reply = try await send(["EVALSHA", script.sha1] + rest, until: deadline)
        guard reply.isError("NOSCRIPT") else { return reply }
        return try await send(["EVAL", script.text] + rest, until: deadline)
    }
}
