import EphemeraldCore
import Sessions

/// Lines of the usage log, as a start reads them: whatever they say, no call is open that cannot be ended, and no more
/// calls are open than were created.
func tryUsageLog(_ input: [UInt8]) {
    var history = CallHistory(spending: SpendingLimits(all: Money("5")))
    var opened = 0
    for line in input.split(separator: 0x0A) {
        _ = UsageRecord.day(of: line)
        if let record = UsageRecord(Array(line)) {
            precondition(record.unlogged >= 0)
            precondition(record.spent.map { $0 >= .zero } ?? true)
        }
        _ = EndedCall(Array(line))
        _ = EndedCall.isOnlyBegun(Array(line))
        switch history.read(line) {
        case .opened(let call):
            opened += 1
            precondition(call.plan.reserved >= .zero)
        case .ended(_, let spent): precondition(spent >= .zero)
        case nil: break
        }
    }
    let open = history.open(atUnixSeconds: 1_795_348_800)
    precondition(open.count <= opened)
    for call in open {
        precondition(call.upstreamID.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "the id goes into a URL")
    }
}
