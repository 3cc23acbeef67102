/// The enders of a process: that of the settings in force, and those of the settings before, whose keys may have created
/// calls that are open.
package struct CallEnders: Sendable {
    /// How many are kept in any case: a creation that is under way, or another daemon's call, may need one.
    private static let kept = 8

    /// The latest first.
    private var enders: [CallEnder] = []

    /// Without settings.
    package init() {}

    /// Ends calls by these settings from now on.
    /// - Parameter open: the calls that are open or ending. An older ender stays for as long as one of them needs it, so
    ///   there are never more of those than calls.
    package mutating func adopt(_ ender: CallEnder, open: [CallRecord]) {
        var kept = [ender]
        for older in enders where !older.hasSameKeys(as: ender) {
            let isNeeded = { open.contains { call in CallEnders.creator(of: call, among: kept + [older]) === older } }
            if kept.count < CallEnders.kept || isNeeded() { kept.append(older) }
        }
        enders = kept
    }

    /// Tries once to end a call, by the latest settings that have the key that created it. That key may be revoked; those
    /// in force may do.
    package func end(_ call: CallRecord) async -> EndVerdict {
        guard let inForce = enders.first else { return .unsure("no upstream is set") }
        return await (CallEnders.creator(of: call, among: enders) ?? inForce).end(call, or: inForce)
    }

    private static func creator(of call: CallRecord, among enders: [CallEnder]) -> CallEnder? {
        enders.first { $0.hasCreator(of: call) }
    }
}
