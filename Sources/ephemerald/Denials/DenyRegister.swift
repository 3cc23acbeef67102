import EphemeraldCore
import EventLoop
import Glibc
import Logging
import Redis
import Settings
import System
import Text

/// The deny-list of this daemon: carries out what the operator orders, keeps it in a file, and shares it with the other
/// daemons that have the same Redis. On the loop of the first worker.
///
/// A Redis that has lost the list gets it again from the daemons.
final class DenyRegister: @unchecked Sendable {
    // `@unchecked`: all that changes belongs to the thread of the loop, and before the loop runs to the thread that makes
    // it.
    /// Two daemons agree within twice that time.
    private static let interval = Duration.milliseconds(400)
    /// How long an order waits for Redis, and how long after an attempt the next one is made.
    private static let patience = (all: Duration.seconds(1), pause: Duration.milliseconds(50))

    let list = DenyList()
    private let loop: EventLoop
    private let file: DenyFile?
    private let logger: Logger
    private lazy var alarm = Alarm(on: loop) { [unowned self] in endOverdue() }
    private var watch: FileWatch?
    /// Whether the file has what is in force.
    private var isKept = true
    private var hasWarned = false
    private var isSynchronising = false
    /// What Redis does not know yet.
    private var unsent: [Denial] = []
    /// How many of them, from the first, are on their way.
    private var onTheWay = 0
    /// Nil without Redis. The service of the loop owns it.
    private weak var redis: RedisClient?

    /// - Parameters:
    ///   - file: nil to keep the list in memory only.
    ///   - entries: what the file has.
    init(_ file: DenyFile?, _ entries: DenyList.Entries, on loop: EventLoop, logger: Logger) {
        self.loop = loop
        self.logger = logger
        self.file = file
        list.replace(with: entries)
        for denial in entries.keys.sorted(by: { $0.description < $1.description }).prefix(32) { log(denial) }
    }

    /// Ends what is over, and follows changes of the file. On the loop's thread.
    func begin(watching: Bool) {
        endOverdue()
        guard watching, let file else { return }
        do throws(SystemError) {
            let watch = try FileWatch(on: loop, targets: { [.file(file.path)] }) { [unowned self] _ in readFile() }
            self.watch = watch
            watch.begin()
        } catch {
            logger.warning("changes of DENY_FILE are not noticed (WATCH); SIGHUP reads it: \(error)")
        }
    }

    /// On the loop's thread.
    func end() {
        watch?.end()
    }

    /// Carries out an order of the operator: at once here, and within a second in Redis. On the loop's thread.
    func carryOut(_ order: DenyOperations.Order) async -> DenyOperations.Outcome {
        var entries = list.entries
        let denial: Denial
        switch order {
        case .deny(let denied, let seconds):
            denial = denied
            guard entries[denied] != nil || entries.count < DenyList.most else { return .full }
            entries[denied] = .some(seconds.map { Int(time(nil)) + $0 })
        case .allow(let allowed):
            denial = allowed
            // Other daemons may not have heard of an order before.
            guard entries.removeValue(forKey: allowed) != nil || redis != nil && unsent.contains(allowed)
            else { return .unknown }
        }
        // What is on its way is as it was before this order.
        if !unsent.dropFirst(onTheWay).contains(denial) { unsent.append(denial) }
        adopt(entries)
        var loss: String?
        if file == nil { loss = "DENY_FILE is not set, so a restart forgets it" }
        if let error = keep(entries) { loss = "DENY_FILE cannot be written, so a restart forgets it: \(error)" }
        guard await isShared(denial) else {
            let reason = "Redis has not got it, so other daemons do not know it yet; this one tries again"
            return .notShared(reason + (loss.map { "; \($0)" } ?? ""))
        }
        // Redis keeps it as well.
        return loss.flatMap { redis == nil || file != nil ? .notKept($0) : nil } ?? .done
    }

    /// Whether Redis gets it in time, or is not there to share anything.
    private func isShared(_ denial: Denial) async -> Bool {
        let end = ContinuousClock.now + DenyRegister.patience.all
        while redis != nil, unsent.contains(denial) {
            await synchronise()
            guard unsent.contains(denial) else { break }
            guard ContinuousClock.now < end else { return false }
            await loop.sleep(for: DenyRegister.patience.pause)
        }
        return true
    }

    /// Writes the file.
    /// - Returns: why it cannot be written; nil when it was, or there is none.
    private func keep(_ entries: DenyList.Entries) -> SystemError? {
        do throws(SystemError) {
            try file?.write(entries)
            isKept = true
            return nil
        } catch {
            isKept = false
            logger.error("DENY_FILE cannot be written: \(error)")
            return error
        }
    }

    /// Reads the file, unless Redis has the list. On the loop's thread.
    func readFile() {
        guard let file, redis == nil else { return }
        // The file is older than what the operator has ordered.
        guard isKept else { return _ = keep(list.entries) }
        let old = "the old list stays in force, and replaces the file when it changes"
        do throws(Invalid) {
            if let entries = try file.read() { return adopt(entries) }
            guard !list.entries.isEmpty else { return }
            logger.warning("DENY_FILE: \(file.path.shown) is gone; \(old); write {} into it to end all denials")
        } catch {
            logger.error("DENY_FILE: \(file.path.shown): \(error.reason); \(old)")
        }
    }

    /// Shares the list in Redis from now on. On the loop's thread, or before it runs.
    func share(in client: RedisClient) {
        redis = client
        Task(executorPreference: loop) { [self] in
            while redis != nil {
                await synchronise()
                await loop.sleep(for: DenyRegister.interval)
            }
        }
    }

    /// Sends what this daemon has changed, or adopts what others have.
    private func synchronise() async {
        guard let redis, !isSynchronising else { return }
        isSynchronising = true
        defer { (isSynchronising, onTheWay) = (false, 0) }
        do throws(RedisFailure) {
            let shared = SharedDenials(redis)
            guard let fields = try await shared.read(orReport: warn) else { return }
            if !fields.contains(where: { $0.name == SharedDenials.mark }) {
                try await sendEverything(to: shared)
            } else if unsent.isEmpty {
                adopt(fields, from: redis)
            }
            while let denial = unsent.first {
                onTheWay = 1
                guard try await send(denial, to: shared) else { return }
                unsent.removeFirst()
            }
        } catch {
            // The client has reported that Redis is away; the list stays as it is.
        }
    }

    /// Redis has lost the list, or never had one. One command, so that no daemon adopts a part of it.
    private func sendEverything(to shared: SharedDenials) async throws(RedisFailure) {
        let (entries, count) = (list.entries, unsent.count)
        guard !entries.isEmpty || count > 0 else { return }
        let words = entries.flatMap { denial, until in ["\(denial)", "\(until ?? 0)"] }
        onTheWay = count
        guard try await shared.write(["HSET", SharedDenials.key, SharedDenials.mark, "1"] + words, orReport: warn)
        else { return }
        unsent.removeFirst(count)
    }

    private func adopt(_ fields: [(name: String, value: String)], from redis: RedisClient) {
        var entries: DenyList.Entries = [:]
        for field in fields {
            guard let denial = Denial(field.name), let until = Int(field.value),
                Timestamp.unixSeconds.contains(until), entries.count < DenyList.most
            else { continue }
            let left = until == 0 ? 1 : until - Int(time(nil))
            if left > 0 { entries[denial] = .some(until == 0 ? nil : until) }
            // Not at once: another daemon may just prolong it.
            if left < -3_600 { redis.post(["HDEL", SharedDenials.key, field.name]) }
        }
        guard entries != list.entries else { return }
        adopt(entries)
        _ = keep(entries)
    }

    /// - Returns: whether Redis has it now.
    private func send(_ denial: Denial, to shared: SharedDenials) async throws(RedisFailure) -> Bool {
        let mark = ["HSET", SharedDenials.key, SharedDenials.mark, "1"]
        if let until = list.entries[denial] {
            return try await shared.write(mark + ["\(denial)", "\(until ?? 0)"], orReport: warn)
        }
        guard try await shared.write(mark, orReport: warn) else { return false }
        return try await shared.write(["HDEL", SharedDenials.key, "\(denial)"], orReport: warn)
    }

    /// Reports once that Redis refuses. The rest of its message may name users.
    private func warn(_ reply: RedisReply) {
        guard !hasWarned, case .error(let message) = reply else { return }
        hasWarned = true
        let code = message.prefix { $0 != " " }
        logger.warning("the deny-list is not shared: Redis refuses it: \(String(code).loggable(64))")
    }

    /// Puts a list in force, and reports what is new in it.
    private func adopt(_ entries: DenyList.Entries) {
        let old = list.entries
        list.replace(with: entries)
        for denial in entries.keys where old[denial] != entries[denial] { log(denial) }
        for denial in old.keys where entries[denial] == nil {
            logger.warning("not denied any longer: \(denial.kind.rawValue) \(denial.value.loggable(256))")
        }
        setAlarm()
    }

    private func log(_ denial: Denial) {
        let until = list.entries[denial]?.map { "until \(Timestamp.rfc3339(Int64($0) * 1_000))" }
        logger.warning(
            "denied \(until ?? "until it is allowed"): \(denial.kind.rawValue) \(denial.value.loggable(256))")
    }

    private func endOverdue() {
        let now = Int(time(nil))
        let entries = list.entries
        let left = entries.filter { _, until in until.map { $0 > now } ?? true }
        if left.count < entries.count {
            adopt(left)
            _ = keep(left)
        }
        setAlarm()
    }

    private func setAlarm() {
        guard let next = list.entries.values.compactMap(\.self).min() else { return }
        loop.submit { [self] in alarm.set(after: .seconds(max(1, min(next - Int(time(nil)), 3_600)))) }
    }
}
