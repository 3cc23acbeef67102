/// The calls that several daemons keep in one Redis, all together: they are listed, and an operator ends them, 64 in a
/// round trip.
package struct SharedCallList: Sendable {
    /// How many calls a script is about at most.
    static let page = 64
    /// How long a step may take: an operator waits for it, and no request of a browser.
    private static let patience = Duration.seconds(1)

    private let daemon: String
    private let time: String
    private let run: SharedCalls.Run

    /// - Parameters:
    ///   - daemon: a name that no other process has.
    ///   - time: the first argument of a script.
    init(daemon: String, time: String, run: @escaping SharedCalls.Run) {
        self.daemon = daemon
        self.time = time
        self.run = run
    }

    /// The names of all calls, in no order, in pages for the other functions. Calls that come or go meanwhile may be left
    /// out.
    package func pages() async throws(RedisCountsFailure) -> [[CallName]] {
        var names: [CallName] = []
        var (seen, cursor): (Set<CallName>, String) = ([], "0")
        repeat {
            let reply = try await run(
                CallScripts.names, [CallScripts.due], [time, cursor], SharedCallList.patience)
            guard reply.count == 2, let next = reply[0].text, let text = reply[1].text else { throw .wrongReply }
            names += text.split(separator: " ").compactMap { CallName($0) }.filter { seen.insert($0).inserted }
            cursor = next
        } while cursor != "0"
        return stride(from: 0, to: names.count, by: SharedCallList.page).map {
            Array(names[$0..<min($0 + SharedCallList.page, names.count)])
        }
    }

    /// Those of the calls that are open or ending, and those that this daemon cannot read: a later version may have written
    /// them.
    /// - Parameters:
    ///   - names: at most a page.
    ///   - now: nanoseconds on the monotonic clock of this process.
    package func look(
        at names: [CallName], now: UInt64
    ) async throws(RedisCountsFailure) -> (calls: [CallListing], unreadable: [CallName]) {
        let arguments = [time] + names.map { "\($0)" }
        let reply = try await run(CallScripts.look, keys(names), arguments, SharedCallList.patience)
        var (calls, unreadable): ([CallListing], [CallName]) = ([], [])
        for row in reply {
            guard let values = row.list, values.count > 4, let name = name(values[0], among: names) else {
                throw .wrongReply
            }
            guard let age = values[1].integer, let due = values[2].integer, let failures = values[3].integer,
                let call = SharedCall(name, values: Array(values[4...]), age: age, now: now)
            else {
                unreadable.append(name)
                continue
            }
            let reason = values[4].text.flatMap(CallEndReason.init(rawValue:))
            // A damaged score may be any number. Redis does not know since when a call is ending.
            let end = Int64(now) + min(max(due, -10_000_000_000), 10_000_000_000) * 1_000_000
            calls.append(
                CallListing(
                    call.record, due: end,
                    ending: reason.map { ($0, Int64(now), Int(failures)) }, now: Int64(now)))
        }
        return (calls, unreadable)
    }

    /// Those of the calls that have ended. Redis may have forgotten others.
    /// - Parameter names: at most a page.
    package func ended(among names: [CallName]) async throws(RedisCountsFailure) -> [CallName] {
        let reply = try await run(CallScripts.ended, names.map(CallScripts.key(of:)), [time], SharedCallList.patience)
        return reply.compactMap { name($0, among: names) }
    }

    /// Begins to end those of the calls that are open. This daemon has 30 seconds for them.
    /// - Parameters:
    ///   - names: at most a page.
    ///   - now: nanoseconds on the monotonic clock of this process.
    /// - Returns: the calls that were open.
    package func stop(
        _ names: [CallName], _ reason: CallEndReason, now: UInt64
    ) async throws(RedisCountsFailure) -> [SharedCall] {
        let arguments = [time] + names.map { "\($0)" } + [daemon, reason.rawValue]
        let reply = try await run(CallScripts.stop, keys(names), arguments, SharedCallList.patience)
        var calls: [SharedCall] = []
        for row in reply {
            guard let values = row.list, values.count > 2, let name = name(values[0], among: names),
                let age = values[1].integer,
                let call = SharedCall(name, values: Array(values[2...]), age: age, now: now)
            else { throw .wrongReply }
            calls.append(call)
        }
        return calls
    }

    private func keys(_ names: [CallName]) -> [String] { [CallScripts.due] + names.map(CallScripts.key(of:)) }

    private func name(_ index: RedisValue, among names: [CallName]) -> CallName? {
        index.integer.flatMap { names.indices.contains(Int($0)) ? names[Int($0)] : nil }
    }
}
