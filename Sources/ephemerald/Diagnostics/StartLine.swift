import EphemeraldCore
package import Logging
import Sessions
import Settings
import Text

extension Configuration {
    /// The number of names that fit in the line: it is one `write`, and a pipe accepts 4,096 bytes at once (pipe(7)).
    private static let longestList = 32

    /// The metadata of the line of the start: everything that decides who is served and how much, and nothing secret.
    /// - Parameter sandboxURL: the address of the stand-in; nil for the real OpenAI.
    package func startMetadata(sandboxURL: String?) -> Logger.Metadata {
        let output = settings.output
        return [
            "service.version": "\(Version.number)",
            "ephemerald.loops": .stringConvertible(settings.listening.loops),
            "ephemerald.upstream": "\(sandboxURL.map { "the sandbox at \($0)" } ?? "\(settings.upstream.baseURL)")",
            "ephemerald.api_keys": .stringConvertible(settings.upstream.keys.count),
            "ephemerald.sessions": Self.list(sessions.catalog.sessions.map(\.name)),
            "ephemerald.origins": Self.list(settings.access.allowedOrigins.map { "\($0)" }),
            "ephemerald.auth": Self.list(settings.access.auth.map(\.rawValue).sorted()),
            "ephemerald.jwt_keys": Self.list(settings.access.callers.tokenKeys),
            "ephemerald.limits": Self.list(
                settings.limits.rates.listed + (settings.limits.refusals.map { ["refusals \($0)"] } ?? [])),
            "ephemerald.quotas": Self.list(settings.limits.quotas.listed + settings.limits.spending.listed),
            "ephemerald.max_in_flight": .stringConvertible(settings.limits.maxInFlight),
            "ephemerald.redis": "\(settings.limits.redis.map { "\($0.address)" } ?? "off")",
            "ephemerald.usage_log": "\(output.usageLog)",
            "ephemerald.metrics": "\(settings.listening.operations.map { "\($0)" } ?? "off")",
        ]
    }

    /// The metadata of the line of a reload: a file with new keys may have them in another form than was meant.
    var reloadMetadata: Logger.Metadata {
        let keys = settings.access.callers.tokenKeys
        return keys.isEmpty ? [:] : ["ephemerald.jwt_keys": Self.list(keys)]
    }

    private static func list(_ names: [String]) -> Logger.MetadataValue {
        if names.isEmpty { return "off" }
        let more = names.count - longestList
        let shown = names.prefix(longestList) + (more > 0 ? ["and \(more) more"] : [])
        return .array(shown.map { .string($0) })
    }
}

extension RateLimits {
    /// The limits in effect: `client 10/min burst 5`.
    fileprivate var listed: [String] {
        let all = [("client", client), ("caller", caller), ("origin", origin), ("session", session), ("all", all)]
        return all.compactMap { name, limit in limit.map { "\(name) \($0)" } }
    }
}

extension Quotas {
    /// The quotas in effect: `all 5000`.
    fileprivate var listed: [String] {
        [("caller", caller), ("session", session), ("all", all)].compactMap { name, quota in
            quota.map { "\(name) \($0)" }
        }
    }
}

extension SpendingLimits {
    /// The money of a day: `spend_all 20`.
    fileprivate var listed: [String] {
        [("spend_caller", caller), ("spend_all", all)].compactMap { name, money in money.map { "\(name) \($0)" } }
    }
}
