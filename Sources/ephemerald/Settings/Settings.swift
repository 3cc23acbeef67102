package import EphemeraldCore
package import HTTP
package import Logging
package import OpenAISandbox
package import Redis
package import Sessions
package import System

/// The settings of the program, checked: whatever holds one can work with it.
package struct Settings: Sendable {
    /// Where it listens, and how it stops.
    package struct Listening: Sendable {
        /// `HOST` and `PORT`; not in force where a socket is handed over.
        package let address: ListeningAddress
        /// The permissions of the files of unix sockets, that of the operations listener included.
        package let socketMode: UInt32
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
        /// The pages that may ask.
        package let allowedOrigins: [OriginPattern]
        /// Whether requests without an origin may.
        package let allowsMissingOrigin: Bool
        /// Whether wildcards may be under domains where anyone can register a name.
        package let allowsSharedSuffixes: Bool
        /// Whether browsers may send cookies; only with origins that are all exact.
        package let allowsCredentials: Bool
        /// Whose forwarding fields are believed.
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
        /// Mints under way at once, over all loops.
        package let maxInFlight: Int
        /// Tokens, in each dimension.
        package let rates: RateLimits
        /// Refusals of one client address that have a usage line; nil for all.
        package let refusals: RateLimit?
        /// Whether nothing is minted until SIGUSR2.
        package let isPaused: Bool
        /// Tokens a day.
        package let quotas: Quotas
        /// Where they are counted together with other processes; nil for the memory of this one.
        package let redis: Redis?
    }

    /// Where several processes count together.
    package struct Redis: Sendable {
        /// Where it is, and the password.
        package let address: RedisAddress
        /// What happens while it is away.
        package let down: RedisDown
    }

    /// Where tokens come from, and on which way.
    package struct Upstream: Sendable {
        /// The API keys in the order in which they are tried; empty with the sandbox and never without.
        package let keys: [Secret]
        /// Without a slash at the end.
        package let baseURL: ServerURL
        /// `OpenAI-Organization`; nil for that of the key.
        package let organization: String?
        /// `OpenAI-Project`; nil for that of the key.
        package let project: String?
        /// How the key is sent.
        package let authHeader: UpstreamAuthHeader
        /// Where browsers are sent; nil for what the base URL and the kind of session say.
        package let callsURL: String?
        /// For the names under which OpenAI is told of callers.
        package let safetySalt: SafetySalt
        /// For a mint with all its retries.
        package let timeout: Duration
        /// For one connection; at most `timeout`.
        package let connectTimeout: Duration
        /// HTTP/1.1, unless the settings ask for HTTP/2.
        package let httpVersion: UpstreamHTTPVersion
        /// The authorities of `UPSTREAM_CA_FILE`; nil for the system's bundle.
        package let authorities: CertificateFile?
        /// Nil for none: what the environment says of proxies does not count.
        package let proxy: ServerURL?
        /// Whether it is told of the trace that a trusted proxy names.
        package let passesTrace: Bool
    }

    /// What is written, and where.
    package struct Output: Sendable {
        /// A file, or standard output.
        package let usageLog: UsageLogTarget
        /// For diagnostics, on standard error.
        package let logLevel: Logger.Level
        /// How those are written.
        package let logFormat: LogFormat
    }

    /// The stand-in for OpenAI.
    package struct Sandbox: Sendable {
        /// How long it waits before it answers.
        package let latency: Duration
        /// What it does wrong; nil for nothing.
        package let fault: Fault?
    }

    /// Where it listens, and how it stops.
    package let listening: Listening
    /// Who may ask.
    package let access: Access
    /// How much may be asked.
    package let limits: Limits
    /// Where tokens come from.
    package let upstream: Upstream
    /// What is written, and where.
    package let output: Output
    /// Nil for the real OpenAI.
    package let sandbox: Sandbox?
    /// Whether the demo page is served.
    package let isDemo: Bool
    /// Whether changed files are read without a signal.
    package let watchesFiles: Bool
    /// The directory of the session files.
    package let sessionsDirectory: String
    /// What was written where this came from, to see what a reload changes.
    package let written: WrittenValues
    /// What the program can work with, and the operator should know of; one line each.
    package let warnings: [String]
}
