package import EphemeraldCore
package import HTTP
package import Logging
package import MicroHTTPD
package import OpenAISandbox
package import Redis

/// The settings of the program, checked: whatever holds one can work with it.
package struct Settings: Sendable {
    /// Where it listens, and how it stops.
    package struct Listening: Sendable {
        package let address: ListeningAddress
        /// Event loops, one thread each.
        package let loops: Int
        /// From SIGTERM, which turns readiness, until the socket closes.
        package let drainDelay: Duration
        /// How long requests in flight may take after that.
        package let drainTimeout: Duration
        /// Where metrics are told; nil for nowhere.
        package let operations: ListeningAddress?
    }

    /// Who may ask.
    package struct Access: Sendable {
        package let allowedOrigins: [OriginPattern]
        package let allowsMissingOrigin: Bool
        package let trustedProxies: TrustedProxies
        /// Never empty.
        package let auth: Set<AuthMode>
        /// What those modes come to.
        package let callers: Authenticator
        /// Where the keys of tokens are fetched from; nil when they are not.
        package let keysURL: ServerURL?
    }

    /// How much may be asked.
    package struct Limits: Sendable {
        /// Bytes of a request body.
        package let maxBody: Int
        /// Requests answered at once.
        package let maxInFlight: Int
        /// Tokens, in each dimension.
        package let rates: RateLimits
        /// Whether nothing is minted until SIGUSR2.
        package let isPaused: Bool
        /// Tokens a day.
        package let quotas: Quotas
        /// Where they are counted together with other processes; nil for the memory of this one.
        package let redis: Redis?
    }

    /// Where several processes count together.
    package struct Redis: Sendable {
        package let address: RedisAddress
        package let down: RedisDown
    }

    /// Where tokens come from, and on which way.
    package struct Upstream: Sendable {
        /// The API keys in the order in which they are tried; empty with the sandbox and never without.
        package let keys: [Secret]
        /// Without a slash at the end.
        package let baseURL: ServerURL
        package let organization: String?
        package let project: String?
        package let authHeader: UpstreamAuthHeader
        /// Where browsers are sent; nil for what the base URL and the kind of session say.
        package let callsURL: String?
        /// For the names under which OpenAI is told of callers.
        package let safetySalt: SafetySalt
        /// For a mint with all its retries.
        package let timeout: Duration
        /// For one connection; at most `timeout`.
        package let connectTimeout: Duration
        package let httpVersion: UpstreamHTTPVersion
        /// A bundle in PEM; nil for the system's.
        package let caFile: String?
        /// Nil for none: what the environment says of proxies does not count.
        package let proxy: ServerURL?
    }

    /// What is written, and where.
    package struct Output: Sendable {
        package let usageLog: UsageLogTarget
        /// For diagnostics, on standard error.
        package let logLevel: Logger.Level
    }

    /// The stand-in for OpenAI.
    package struct Sandbox: Sendable {
        /// How long it waits before it answers.
        package let latency: Duration
        /// What it does wrong; nil for nothing.
        package let fault: Fault?
    }

    package let listening: Listening
    package let access: Access
    package let limits: Limits
    package let upstream: Upstream
    package let output: Output
    /// Nil for the real OpenAI.
    package let sandbox: Sandbox?
    /// Whether the demo page is served.
    package let isDemo: Bool
    /// The directory of the session files.
    package let sessionsDirectory: String
    /// What was written where this came from, to see what a reload changes.
    package let written: WrittenValues
    /// What the program can work with, and the operator should know of; one line each.
    package let warnings: [String]
}
