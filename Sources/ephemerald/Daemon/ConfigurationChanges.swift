import EphemeraldCore
import Sessions

/// The difference between two configurations, for the line that tells of a reload.
package struct ConfigurationChanges: Sendable {
    /// What takes effect, in a few words; empty when nothing has changed.
    package private(set) var effective: [String] = []
    /// The settings that were changed and stay what they were until the next start.
    package let waiting: [Setting]

    /// Compares what was written, and of keys and sessions what was read: their files may change under one name.
    package init(from old: FreshConfiguration, to new: FreshConfiguration) {
        let changed = new.settings.written.changes(since: old.settings.written)
        waiting = changed.filter(\.needsRestart)
        note("sessions", from: old.sessions.fingerprints, to: new.sessions.fingerprints)
        effective += changed.filter { !$0.needsRestart }.map(\.name)
        let (before, now) = (old.settings, new.settings)
        if before.upstream.keys.map({ $0.reveal() }) != now.upstream.keys.map({ $0.reveal() }) {
            effective.append("API keys (now \(now.upstream.keys.count))")
        }
        if !now.access.callers.hasSameKeys(as: before.access.callers) { effective.append("keys of callers") }
    }

    /// One line for the log.
    package var words: String {
        effective.isEmpty ? "nothing has changed" : effective.joined(separator: ", ")
    }

    private mutating func note(_ what: String, from old: [String: Int], to new: [String: Int]) {
        let added = new.keys.filter { old[$0] == nil }.sorted().map { "+\($0)" }
        let removed = old.keys.filter { new[$0] == nil }.sorted().map { "-\($0)" }
        let changed = new.keys.filter { old[$0] != nil && old[$0] != new[$0] }.sorted()
        let names = added + removed + changed
        if !names.isEmpty { effective.append("\(what) \(names.joined(separator: " "))") }
    }
}

extension Setting {
    /// Whether a change waits for the next start: sockets, threads and streams are opened once.
    package var needsRestart: Bool {
        switch self {
        case .config, .host, .port, .operationsHost, .operationsPort, .loops, .maxBody, .redisURL,
            .redisURLFile, .redisCAFile, .redisDown, .paused, .usageLog, .logLevel, .logFormat, .sandbox,
            .sandboxLatency,
            .sandboxFault:
            true
        case .drainDelay, .drainTimeout, .allowedOrigins, .allowMissingOrigin, .trustedProxies, .auth, .authKeysFile,
            .authProxyHeader, .jwtKeys, .jwtIssuer, .jwtAudience, .jwtLeeway, .jwtSessionsClaim, .sessionsDirectory,
            .demo, .maxInFlight, .limitClient, .limitCaller, .limitOrigin,
            .limitSession, .limitAll, .quotaCaller, .quotaSession, .quotaAll, .apiKey, .apiKeyFile, .baseURL,
            .organization, .project, .authHeader, .callsURL,
            .safetySaltFile, .upstreamTimeout, .upstreamConnectTimeout, .upstreamHTTP, .upstreamCAFile,
            .upstreamProxy, .upstreamTrace:
            false
        }
    }
}
