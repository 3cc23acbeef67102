import EphemeraldCore
import Sessions
package import Settings

/// The difference between two configurations, for the log line of a reload.
package struct ConfigurationChanges: Sendable {
    /// The changes that take effect; empty when nothing has changed.
    package private(set) var effective: [String] = []
    /// The settings that were changed and keep their old values until the next start.
    package private(set) var deferred: [Setting]
    /// Whether usage lines name callers differently from now on. Open calls are then no longer their callers', because a
    /// call is bound to its caller by that name.
    package let renamesCallers: Bool

    /// Compares the values that were written, and the contents of the files that were read: they may change under one name.
    package init(from old: Configuration, to new: Configuration) {
        let changed = new.settings.written.changes(since: old.settings.written)
        deferred = changed.filter { $0.change == .restart }
        let (before, now) = (old.settings, new.settings)
        let hides = (before: before.output.logCaller != .full, now: now.output.logCaller != .full)
        renamesCallers =
            hides.before != hides.now || hides.now && before.upstream.safetySalt != now.upstream.safetySalt
        note("sessions", from: old.sessions.fingerprints, to: new.sessions.fingerprints)
        effective += changed.filter { $0.change == .reload }.map(\.name)
        if !changed.contains(.redisURL), !changed.contains(.redisURLFile),
            before.limits.redis?.address != now.limits.redis?.address
        {
            deferred.append(.redisURLFile)
        }
        if !changed.contains(.safetySaltFile), !changed.contains(.safetySalt),
            before.upstream.safetySalt != now.upstream.safetySalt
        {
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
    package var areNone: Bool { effective.isEmpty && deferred.isEmpty }

    /// One line for the log.
    package var summary: String {
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
