/// The times at which calls come up, the earliest first: a binary heap.
///
/// A call that is due later than its entry says needs no change here: when the entry comes up, the owner puts it back
/// with the later time. Only an earlier time needs a second entry, and the first one is then ignored.
struct DueTimes: Sendable {
    struct Entry: Hashable, Sendable {
        /// Nanoseconds on a monotonic clock.
        let time: Int64
        let name: CallName
    }

    private var heap: [Entry] = []

    /// The number of entries, those that will be ignored included.
    var count: Int { heap.count }

    /// The entry with the earliest time.
    var first: Entry? { heap.first }

    mutating func insert(_ entry: Entry) {
        heap.append(entry)
        var index = heap.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            guard entry.time < heap[parent].time else { break }
            heap[index] = heap[parent]
            index = parent
        }
        heap[index] = entry
    }

    mutating func removeFirst() {
        guard let last = heap.popLast(), !heap.isEmpty else { return }
        sink(last)
    }

    /// Puts another entry in the place of the first one: what is put back moves once.
    mutating func replaceFirst(with entry: Entry) {
        precondition(!heap.isEmpty, "there is a first entry to replace")
        sink(entry)
    }

    /// Drops the entries that the condition does not keep, in linear time.
    mutating func keep(_ isKept: (Entry) -> Bool) {
        // In order of time an array is a heap.
        heap = heap.filter(isKept).sorted { $0.time < $1.time }
    }

    private mutating func sink(_ entry: Entry) {
        var index = 0
        while true {
            let left = 2 * index + 1
            guard left < heap.count else { break }
            let child = left + 1 < heap.count && heap[left + 1].time < heap[left].time ? left + 1 : left
            guard heap[child].time < entry.time else { break }
            heap[index] = heap[child]
            index = child
        }
        heap[index] = entry
    }
}
