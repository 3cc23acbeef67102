package import EphemeraldCore
package import Sessions
import System
import Text

extension Setting {
    package static let maxBody = Setting(
        "MAX_BODY", .number, .value("64KiB"), "SIZE", .restart,
        "The largest request body, 1KiB to 16MiB; a larger one is refused with 413.")
    package static let maxInFlight = Setting(
        "MAX_IN_FLIGHT", .number, .value("2048"), "NUMBER", .reload,
        "Mints and creations of calls under way at once, 1 to 100000; beyond them 503 with Retry-After.")
    package static let queue = Setting(
        "QUEUE", .number, .computed("a tenth of MAX_IN_FLIGHT"), "NUMBER", .reload,
        "Requests beyond MAX_IN_FLIGHT that wait up to a second for one of these to end, 0 to 100000.")
    package static let limitClient = Setting(
        "LIMIT_CLIENT", .text, .value("10/min burst 5"), "LIMIT", .reload,
        "Tokens and calls for one client address (IPv6: one /64), or off.")
    package static let limitCaller = Setting(
        "LIMIT_CALLER", .text, .value("off"), "LIMIT", .reload,
        "Tokens and calls for one caller, by the name that AUTH establishes, from any address; or off.")
    package static let limitOrigin = Setting(
        "LIMIT_ORIGIN", .text, .value("off"), "LIMIT", .reload,
        "Tokens and calls for all pages of one origin, or off. Requests without an origin count as one origin.")
    package static let limitSession = Setting(
        "LIMIT_SESSION", .text, .value("off"), "LIMIT", .reload,
        "Tokens and calls for one session, for all callers; or off.")
    package static let limitAll = Setting(
        "LIMIT_ALL", .text, .value("600/min burst 100"), "LIMIT", .reload,
        "Tokens and calls for everybody together, or off: the most that strangers can cost.")
    package static let limitRefusals = Setting(
        "LIMIT_REFUSALS", .text, .value("60/min burst 120"), "LIMIT", .reload,
        "Refused requests of one client address (IPv6: one /64) that get a usage line and their own reason, or off. "
            + "Beyond them refusals are answered with 429; no other request is affected.")
    package static let quotaCaller = Setting(
        "QUOTA_CALLER", .number, .value("off"), "NUMBER", .reload,
        "Tokens and calls a day (UTC) for one caller, by the name that AUTH establishes; or off. Needs a USAGE_LOG file "
            + "or Redis.")
    package static let quotaSession = Setting(
        "QUOTA_SESSION", .number, .value("off"), "NUMBER", .reload,
        "Tokens and calls a day (UTC) for one session, for all callers; or off.")
    package static let quotaAll = Setting(
        "QUOTA_ALL", .number, .value("off"), "NUMBER", .reload,
        "Tokens and calls a day (UTC) for everybody together, or off: the most that a day can cost.")
    package static let spendCaller = Setting(
        "SPEND_CALLER", .text, .value("off"), "AMOUNT", .reload,
        "Money a day (UTC) for one caller, in the currency of the session files' price_per_minute; or off. Needs a "
            + "USAGE_LOG file or Redis, and a price in every session file.")
    package static let spendAll = Setting(
        "SPEND_ALL", .text, .value("off"), "AMOUNT", .reload,
        "Money a day (UTC) for everybody together, or off: the most that tokens and calls of a day can cost.")
    package static let maxCalls = Setting(
        "MAX_CALLS", .number, .value("100"), "NUMBER", .reload,
        "Calls open at once that the service has created, 1 to 100000; beyond them 429. With 0 none are created.")
    package static let maxCallsCaller = Setting(
        "MAX_CALLS_CALLER", .number, .value("2"), "NUMBER", .reload,
        "The same for one caller, by the name that AUTH establishes.")
    package static let maxCallsClient = Setting(
        "MAX_CALLS_CLIENT", .number, .value("5"), "NUMBER", .reload,
        "The same for one client address (IPv6: one /64).")
    package static let paused = Setting(
        "PAUSED", .boolean, .value("false"), "true|false", .restart,
        "Whether the daemon starts without minting: every request for a token or a call is answered with 503. SIGUSR1 "
            + "and SIGUSR2 pause and resume a running one.")
    package static let denyFile = Setting(
        "DENY_FILE", .text, .computed("denied.json in $STATE_DIRECTORY"), "FILE", .restart,
        "Where ephemerald deny keeps whom it refuses, over restarts. Anyone who can write it decides who is refused.")
}

extension Setting.Group {
    static let limits = Self(
        "Limits",
        [
            .maxBody, .maxInFlight, .queue, .limitClient, .limitCaller, .limitOrigin, .limitSession, .limitAll,
            .limitRefusals, .quotaCaller, .quotaSession, .quotaAll, .spendCaller, .spendAll, .maxCalls, .maxCallsCaller,
            .maxCallsClient, .paused, .denyFile, .redisURL, .redisURLFile, .redisCAFile, .redisDown,
        ])
}

extension Settings {
    /// Sizes, rates and quotas.
    package struct Limits: Sendable {
        /// Bytes of a request body.
        package let maxBody: Int
        /// Mints under way at once, over all loops.
        package let maxInFlight: Int
        /// Requests that wait for one of these to end.
        package let queue: Int
        /// Tokens, in each dimension.
        package let rates: RateLimits
        /// Refusals of one client address that have a usage line; nil for all.
        package let refusals: RateLimit?
        /// Whether nothing is minted until SIGUSR2.
        package let isPaused: Bool
        /// Tokens a day.
        package let quotas: Quotas
        /// Money a day.
        package let spending: SpendingLimits
        /// Calls open at once, in each dimension.
        package let calls: CallMaxima
        /// The file that keeps the deny-list; nil to forget it with the process.
        package let denyFile: String?
        /// The server that counts for several processes; nil to count in the memory of this one.
        package let redis: Redis?
        /// Whether tokens or money of a day are counted.
        package var hasQuotas: Bool { !quotas.areOff || !spending.areOff }

        init(_ reader: inout SettingsReader, environment: [String: String]) {
            maxBody = reader.read(.maxBody) { text throws(Invalid) in
                try ByteCount.parse(text, in: 1024...16 << 20)
            }
            maxInFlight = reader.int(.maxInFlight, in: 1...100_000)
            queue =
                reader.readIfSet(.queue) { text throws(Invalid) in try Int(parsingSetting: text, in: 0...100_000) }
                ?? maxInFlight / 10
            rates = RateLimits(
                client: reader.limit(.limitClient), caller: reader.limit(.limitCaller),
                origin: reader.limit(.limitOrigin), session: reader.limit(.limitSession),
                all: reader.limit(.limitAll))
            refusals = reader.limit(.limitRefusals)
            quotas = Quotas(
                caller: reader.quota(.quotaCaller), session: reader.quota(.quotaSession),
                all: reader.quota(.quotaAll))
            spending = reader.spending()
            calls = reader.callMaxima()
            redis = reader.redis()
            isPaused = reader.bool(.paused)
            let directory = environment["STATE_DIRECTORY"]?.split(separator: ":").first
            denyFile = reader[.denyFile]?.text ?? directory.map { "\($0)/denied.json" }
        }
    }
}

extension SettingsReader {
    /// The money of a day.
    mutating func spending() -> SpendingLimits {
        SpendingLimits(caller: money(.spendCaller), all: money(.spendAll))
    }

    /// Calls open at once.
    mutating func callMaxima() -> CallMaxima {
        CallMaxima(
            all: int(.maxCalls, in: 0...100_000), caller: int(.maxCallsCaller, in: 1...100_000),
            client: int(.maxCallsClient, in: 1...100_000))
    }

    private mutating func money(_ setting: Setting) -> Money? {
        read(setting) { text throws(Invalid) -> Money? in
            if text == "off" { return nil }
            guard let money = Money(text), money > .zero else {
                throw Invalid("write an amount a day with at most six places, up to 1000000000, or off")
            }
            return money
        }
    }

    fileprivate mutating func limit(_ setting: Setting) -> RateLimit? {
        read(setting) { text throws(Invalid) -> RateLimit? in
            try RateLimit.parseSetting(text)
        }
    }

    fileprivate mutating func quota(_ setting: Setting) -> Int? {
        read(setting) { text throws(Invalid) -> Int? in
            if text == "off" { return nil }
            guard let count = try? Int(parsingSetting: text, in: 1...1_000_000_000) else {
                throw Invalid("write a whole number of tokens a day, 1 to 1000000000, or off")
            }
            return count
        }
    }
}
