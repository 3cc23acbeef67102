/// Timers by deadline: a binary heap in which each timer knows its place, so that a cancelled one leaves at once.
struct TimerHeap {
    private var timers: [Timer] = []

    var earliest: Timer? { timers.first }

    mutating func insert(_ timer: Timer) {
        timer.position = timers.count
        timers.append(timer)
        siftUp(from: timer.position)
    }

    /// Does nothing for a timer that is not in the heap.
    mutating func remove(_ timer: Timer) {
        let hole = timer.position
        guard hole >= 0 else { return }
        timer.position = -1
        let last = timers.removeLast()
        guard last !== timer else { return }
        place(last, at: hole)
        siftUp(from: hole)
        siftDown(from: last.position)
    }

    private mutating func place(_ timer: Timer, at index: Int) {
        timers[index] = timer
        timer.position = index
    }

    private mutating func siftUp(from start: Int) {
        var index = start
        let timer = timers[index]
        while index > 0 {
            let parent = (index - 1) / 2
            guard timer.deadline < timers[parent].deadline else { break }
            place(timers[parent], at: index)
            index = parent
        }
        place(timer, at: index)
    }

    private mutating func siftDown(from start: Int) {
        var index = start
        let timer = timers[index]
        while true {
            var child = 2 * index + 1
            guard child < timers.count else { break }
            if child + 1 < timers.count, timers[child + 1].deadline < timers[child].deadline { child += 1 }
            guard timers[child].deadline < timer.deadline else { break }
            place(timers[child], at: index)
            index = child
        }
        place(timer, at: index)
    }
}
