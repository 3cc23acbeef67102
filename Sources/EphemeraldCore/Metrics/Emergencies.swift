import Locking
import Synchronization

/// What fails at this moment of all that the daemon depends on: keys, upstream, Redis, usage log, files. All loops share
/// it.
///
/// An emergency is reported once when it begins and once when it is over. One that comes and goes is reported again no
/// sooner than its kind allows, so that no report appears twice a minute; the list always has the emergencies of this
/// moment.
package final class Emergencies: Sendable {
    /// What fails.
    package enum Kind: String, CaseIterable, Sendable {
        /// The upstream refuses an API key, or its account is used up.
        case key
        /// The upstream forbids what a request wants.
        case permission
        /// The upstream cannot be reached, fails, or is silent when a token is minted.
        case upstream
        /// The same when a call is created.
        case calls
        /// Redis does not answer.
        case redis
        /// Usage lines cannot be written.
        case usageLog = "usage_log"
        /// The files have errors, so that an older configuration is in force.
        case configuration
        /// The keys that verify tokens cannot be fetched.
        case tokenKeys = "token_keys"

        /// The shortest time between two reports that such an emergency begins.
        fileprivate var quietTime: Duration { self == .permission ? .seconds(600) : .seconds(60) }
    }

    /// A report for the operator.
    package struct Notice: Sendable {
        /// What fails, or has failed.
        package let kind: Kind
        /// Whether it is over.
        package let isOver: Bool
        /// What fails and what to do about it, or that it is over.
        package let message: String
        /// The request that met it first; nil when there was none.
        package let requestID: RequestID?
    }

    /// An emergency of this moment.
    package struct Active: Sendable {
        /// What fails.
        package let kind: Kind
        /// What fails, and what to do about it.
        package let message: String
        /// When it began, in nanoseconds on the monotonic clock.
        let began: UInt64
    }

    private struct Subject: Hashable {
        let kind: Kind
        let name: String
    }

    private struct Record: Sendable {
        /// When it began; nil when it is over.
        var began: UInt64?
        var message = ""
        /// Whether the operator knows that it has begun.
        var isReported = false
        /// Whether it fails for another reason than the operator knows.
        var isChanged = false
        var lastReport: UInt64?
    }

    /// Few, because a name is that of a key in the settings.
    private let records = Locked<[Subject: Record]>([:])
    private let count = Atomic(0)
    private let report: @Sendable (Notice) -> Void

    /// - Parameter report: called on the thread that notices a change.
    package init(report: @escaping @Sendable (Notice) -> Void = { _ in }) {
        self.report = report
    }

    /// Something fails. Calling it again while it fails only changes the message.
    /// - Parameters:
    ///   - name: which one of several; empty where there is one.
    ///   - message: what fails, and what to do about it.
    ///   - isReported: whether the caller has written its own line, so that none is written here.
    ///   - isAnother: whether it fails for another reason than before. That is reported as well, by the first call
    ///     that its kind allows to.
    ///   - now: nanoseconds on the monotonic clock.
    package func begin(
        _ kind: Kind, about name: String = "", _ message: String, isReported: Bool = false, isAnother: Bool = false,
        of requestID: RequestID? = nil, now: UInt64
    ) {
        let isNews = records.withLock { records in
            var record = records[Subject(kind: kind, name: name)] ?? Record()
            record.message = message
            if record.began == nil {
                record.began = now
                count.add(1, ordering: .relaxed)
            }
            defer { records[Subject(kind: kind, name: name)] = record }
            let isQuiet = record.lastReport.map { now < $0 + kind.quietTime.nanoseconds } ?? false
            if isAnother { record.isChanged = true }
            guard !isReported, !record.isReported || record.isChanged, !isQuiet else { return false }
            (record.isReported, record.isChanged, record.lastReport) = (true, false, now)
            return true
        }
        if isNews { report(Notice(kind: kind, isOver: false, message: message, requestID: requestID)) }
    }

    /// It does not fail any longer. Costs nothing while nothing fails.
    /// - Parameters:
    ///   - message: that it works again; the time for which it failed is added.
    ///   - sent: when the request was sent that succeeded. One that was sent before the emergency began does not end it.
    package func end(
        _ kind: Kind, about name: String = "", _ message: @autoclosure () -> String, sent: UInt64 = .max, now: UInt64
    ) {
        guard isAny else { return }
        let began: UInt64? = records.withLock { records in
            guard var record = records[Subject(kind: kind, name: name)], let began = record.began, sent >= began
            else { return nil }
            count.subtract(1, ordering: .relaxed)
            record.began = nil
            defer { records[Subject(kind: kind, name: name)] = record }
            guard record.isReported else { return nil }
            (record.isReported, record.lastReport) = (false, now)
            return began
        }
        guard let began else { return }
        let seconds = (max(now, began) - began) / 1_000_000_000
        report(Notice(kind: kind, isOver: true, message: "\(message()), after \(seconds) s", requestID: nil))
    }

    /// Whether anything fails.
    package var isAny: Bool { count.load(ordering: .relaxed) > 0 }

    /// What fails, in the order of the kinds.
    package var active: [Active] {
        let records = records.withLock { $0 }
        return Kind.allCases.flatMap { kind in
            records.filter { $0.key.kind == kind }.sorted { $0.key.name < $1.key.name }.compactMap { _, record in
                record.began.map { Active(kind: kind, message: record.message, began: $0) }
            }
        }
    }
}
