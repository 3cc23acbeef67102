/// A set-associative table of theoretical arrival times. It never rehashes, and every operation looks at eight entries.
/// A page of the table is allocated when its first entry is written, so that few clients take little memory.
///
/// When the eight places of a key are taken, the entry nearest to a full bucket makes room: the smallest debt is
/// forgotten. So a flood of new keys, each of which owes one request, pushes out its own kind and not the debt of a
/// client that owes more. An entry that is over its limit never makes room.
/// When all eight are over their limits, there is no place, and the newcomer waits until the first of them is free.
/// An attacker would have to keep 262,144 buckets spent at once, in sets that a seeded hash hides: with `10/min` that
/// takes 43,000 admitted requests a second, which the limit on all does not admit. If an entry over its limit made room
/// instead, a client that sends fast enough would have no limit.
struct LimitTable: Sendable {
    /// Where a key is, or would go.
    enum Place: Equatable {
        /// The key's own entry.
        case found(index: Int, arrival: UInt64)
        /// The key has no entry; this one is free or makes room.
        case vacant(index: Int)
        /// All eight entries are over their limits, the first until then.
        case none(freeAt: UInt64)
    }

    /// 24 bytes.
    private struct Entry {
        /// 0 when the entry has never been used.
        var key: UInt64 = 0
        /// The theoretical arrival time in nanoseconds: from then on the bucket is full and the entry means nothing.
        var arrival: UInt64 = 0
        /// Until then the key is over its limit.
        var admitsAt: UInt64 = 0
    }

    private static let ways = 8
    /// Entries of a page: four sets, 768 bytes. With larger pages, few clients would take most of the table.
    private static let pageSize = 32
    /// A page is empty until one of its entries is written.
    private var pages: [[Entry]]
    private let lastSet: Int

    /// - Parameter capacity: number of entries, rounded up to a power of two, at least 8.
    init(capacity: Int) {
        var sets = 1
        while sets * LimitTable.ways < capacity { sets *= 2 }
        let pageCount = (sets * LimitTable.ways + LimitTable.pageSize - 1) / LimitTable.pageSize
        pages = Array(repeating: [], count: pageCount)
        lastSet = sets - 1
    }

    /// The number of entries, used or not.
    var capacity: Int { (lastSet + 1) * LimitTable.ways }

    /// - Parameter now: nanoseconds on a monotonic clock.
    func place(of key: UInt64, now: UInt64) -> Place {
        let first = (Int(truncatingIfNeeded: key) & lastSet) * LimitTable.ways
        let page = pages[first / LimitTable.pageSize]
        if page.isEmpty { return .vacant(index: first) }
        var roomiest = (index: -1, arrival: UInt64.max)
        var freeAt = UInt64.max
        for index in first..<first + LimitTable.ways {
            let entry = page[index % LimitTable.pageSize]
            if entry.key == key { return .found(index: index, arrival: entry.arrival) }
            if entry.arrival <= now || entry.admitsAt <= now {
                if entry.arrival < roomiest.arrival { roomiest = (index, entry.arrival) }
            } else {
                freeAt = min(freeAt, entry.admitsAt)
            }
        }
        return roomiest.index >= 0 ? .vacant(index: roomiest.index) : .none(freeAt: freeAt)
    }

    /// How many of these entries owe something.
    func held(in range: Range<Int>, now: UInt64) -> Int {
        range.clamped(to: 0..<capacity).count { index in
            let page = pages[index / LimitTable.pageSize]
            return !page.isEmpty && page[index % LimitTable.pageSize].arrival > now
        }
    }

    /// Writes a key's entry to the place it has or is given. A key that has no place any more, because another key of
    /// the same request took it, is forgotten.
    mutating func record(_ key: UInt64, arrival: UInt64, admitsAt: UInt64, now: UInt64) {
        switch place(of: key, now: now) {
        case .found(let index, _), .vacant(let index):
            let page = index / LimitTable.pageSize
            if pages[page].isEmpty { pages[page] = Array(repeating: Entry(), count: LimitTable.pageSize) }
            pages[page][index % LimitTable.pageSize] = Entry(key: key, arrival: arrival, admitsAt: admitsAt)
        case .none:
            break
        }
    }
}
