/// The bytes of a stream that wait to be sent.
///
/// They do not move until they are sent: OpenSSL wants a write for which there was no room to be repeated from the same
/// address, with no fewer bytes.
@safe struct StreamOutput: ~Copyable {
    @safe private struct Block {
        let memory: UnsafeMutableRawBufferPointer
        let capacity: Int
        var sent = 0
        var count = 0
    }

    private static let blockSize = 4_096
    /// All but the first hold bytes that are not sent.
    private var blocks: [Block] = []
    /// How many bytes wait.
    private(set) var count = 0

    deinit {
        blocks.forEach { unsafe $0.memory.deallocate() }
    }

    /// What is to be sent next; nil when nothing waits.
    var next: UnsafeRawBufferPointer? {
        guard count > 0, let block = blocks.first else { return nil }
        return unsafe UnsafeRawBufferPointer(rebasing: block.memory[block.sent..<block.count])
    }

    mutating func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        if blocks.last.map({ $0.capacity - $0.count < bytes.count }) ?? true {
            let size = max(bytes.count, StreamOutput.blockSize)
            unsafe blocks.append(Block(memory: .allocate(byteCount: size, alignment: 1), capacity: size))
        }
        let last = blocks.count - 1
        unsafe bytes.withUnsafeBytes { bytes in
            let room = unsafe blocks[last].memory[blocks[last].count...]
            unsafe UnsafeMutableRawBufferPointer(rebasing: room).copyMemory(from: bytes)
        }
        blocks[last].count += bytes.count
        count += bytes.count
        dropSent()
    }

    /// - Parameter sent: how many bytes of `next` are sent.
    mutating func consume(_ sent: Int) {
        blocks[0].sent += sent
        count -= sent
        dropSent()
    }

    /// Keeps one small block for what comes later.
    private mutating func dropSent() {
        while let first = blocks.first, first.sent == first.count {
            if blocks.count == 1, first.capacity == StreamOutput.blockSize {
                blocks[0].sent = 0
                blocks[0].count = 0
                return
            }
            unsafe first.memory.deallocate()
            blocks.removeFirst()
        }
    }
}
