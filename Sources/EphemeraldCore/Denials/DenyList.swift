import HTTP
import Locking
import Synchronization

/// Whom the operator refuses, and until when. All loops share it.
///
/// While it is empty, a request costs one comparison.
package final class DenyList: Sendable {
    /// The denials, each with the Unix time in seconds at which it ends; nil for one without an end.
    package typealias Entries = [Denial: Int?]

    /// The most denials: each request from somebody else is compared with every range of addresses.
    package static let most = 1_000

    private struct Contents: Sendable {
        var entries: Entries = [:]
        /// The addresses among them, which cannot be looked up.
        var ranges: [(range: AddressRange, until: Int?)] = []
    }

    private let contents = Locked(Contents())
    private let hasEntries = Atomic(false)

    /// Nobody is denied.
    package init() {}

    /// Whether nobody is denied.
    var isEmpty: Bool { !hasEntries.load(ordering: .relaxed) }

    /// The denials.
    package var entries: Entries { contents.withLock(\.entries) }

    /// These are in force from now on.
    package func replace(with entries: Entries) {
        contents.withLock { contents in
            contents.entries = entries
            contents.ranges = entries.compactMap { denial, until in
                if case .address(let range) = denial { (range, until) } else { nil }
            }
            hasEntries.store(!entries.isEmpty, ordering: .relaxed)
        }
    }

    /// Refuses a caller, a client or an origin that is denied.
    /// - Parameters:
    ///   - account: the caller's name in usage lines, which is a hash where they are hidden there.
    ///   - now: Unix seconds.
    func admit(
        _ caller: Caller?, account: String? = nil, _ client: ClientAddress, _ origin: String?, now: Int
    ) throws(Refusal) {
        let kind = contents.withLock { contents -> Denial.Kind? in
            func isDenied(_ denial: Denial) -> Bool {
                contents.entries[denial].map { until in until.map { now < $0 } ?? true } ?? false
            }
            if let caller, isDenied(.caller(caller.loggableName)) { return .caller }
            if let account, isDenied(.caller(account)) { return .caller }
            if let origin, isDenied(.origin(origin)) { return .origin }
            guard case .ip(let address) = client.source else { return nil }
            let isInRange = contents.ranges.contains { range, until in
                (until.map { now < $0 } ?? true) && range.contains(address)
            }
            return isInRange ? .address : nil
        }
        if let kind { throw .denied(kind) }
    }
}
