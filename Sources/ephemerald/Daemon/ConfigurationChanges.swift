import EphemeraldCore
import Sessions

/// The difference between two configurations, for the line that tells of a reload.
package struct ConfigurationChanges: Sendable {
    /// What takes effect, in a few words; empty when nothing has changed.
    package private(set) var effective: [String] = []
    /// The settings that were changed and stay what they were until the next start.
    package private(set) var waiting: [Setting]

    /// Compares what was written, and the contents of the files that were read: they may change under one name.
    package init(from old: FreshConfiguration, to new: FreshConfiguration) {
        let changed = new.settings.written.changes(since: old.settings.written)
        waiting = changed.filter(\.needsRestart)
        note("sessions", from: old.sessions.fingerprints, to: new.sessions.fingerprints)
        effective += changed.filter { !$0.needsRestart }.map(\.name)
        let (before, now) = (old.settings, new.settings)
        if !changed.contains(.redisURL), !changed.contains(.redisURLFile),
            before.limits.redis?.address != now.limits.redis?.address
        {
            waiting.append(.redisURLFile)
        }
        if !changed.contains(.safetySaltFile), before.upstream.safetySalt != now.upstream.safetySalt {
            effective.append(Setting.safetySaltFile.name)
        }
        if !changed.contains(.upstreamCAFile), before.upstream.authorities != now.upstream.authorities {
            effective.append(Setting.upstreamCAFile.name)
        }
        if before.upstream.keys.map({ $0.reveal() }) != now.upstream.keys.map({ $0.reveal() }) {
            effective.append("API keys (now \(now.upstream.keys.count))")
        }
        if !now.access.callers.hasSameKeys(as: before.access.callers) { effective.append("keys of callers") }
    }

    /// Whether the two are the same.
    package var areNone: Bool { effective.isEmpty && waiting.isEmpty }

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
        case .config, .watch, .host, .port, .socketMode, .operationsHost, .operationsPort, .loops, .maxBody, .redisURL,
            .redisURLFile, .redisCAFile, .redisDown, .paused, .usageLog, .logLevel, .logFormat, .sandbox,
            .sandboxLatency,
            .sandboxFault:
            true
        case .drainDelay, .drainTimeout, .allowedOrigins, .allowMissingOrigin, .allowSharedSuffixes,
            .allowCredentials, .trustedProxies, .auth, .authKeysFile, .authProxyHeader, .jwtKeys, .jwtIssuer,
            .jwtAudience, .jwtLeeway, .jwtSessionsClaim, .sessionsDirectory,
            .demo, .maxInFlight, .limitClient, .limitCaller, .limitOrigin,
            .limitSession, .limitAll, .limitRefusals, .quotaCaller, .quotaSession, .quotaAll, .apiKey, .apiKeyFile,
            .baseURL,
            .organization, .project, .authHeader, .callsURL,
            .safetySaltFile, .upstreamTimeout, .upstreamConnectTimeout, .upstreamHTTP, .upstreamCAFile,
            .upstreamProxy, .upstreamTrace:
            false
        }
    }
}
