import Glibc
import Synchronization
import System
import TestTools
import Testing

@Suite struct `A writer of lines` {
    private static let line = [UInt8](repeating: UInt8(ascii: "x"), count: 4_095) + [UInt8(ascii: "\n")]

    /// What keeps a write to an inherited pipe from waiting.
    enum Way: CaseIterable {
        case ownDescription
        /// The pipe belongs to another user, so that it cannot be opened again.
        case shared
    }

    private func writer(to number: CInt, _ way: Way) throws(SystemError) -> LineWriter {
        switch way {
        case .ownDescription: try LineWriter(inheriting: number)
        case .shared: try LineWriter(inheriting: number) { _ in -1 }
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: Way.allCases)
    func `reports lines for which a pipe has no room, and goes on when it has`(way: Way) throws {
        let pipe = try Pipe()
        let writer = try writer(to: pipe.writer.number, way)
        for _ in 0..<pipe.capacity { try writer.write(Self.line) }
        for _ in 0..<3 {
            let error = #expect(throws: SystemError.self) { try writer.write(Self.line) }
            #expect(error?.code == EAGAIN)
        }
        #expect(pipe.read() == Self.line)
        try writer.write(Self.line)
        #expect(throws: SystemError.self) { try writer.write(Self.line) }
        // Whoever shares the stream is not surprised by EAGAIN.
        #expect(fcntl(pipe.writer.number, F_GETFL) & O_NONBLOCK == 0)
    }

    /// Each thread finds room before the others take it, in some of the rounds.
    @Test(.timeLimit(.minutes(5)), arguments: Way.allCases)
    func `holds up none of the threads that write at once with room for one line`(way: Way) async throws {
        let pipe = try Pipe()
        let writer = try writer(to: pipe.writer.number, way)
        for _ in 1..<pipe.capacity { try writer.write(Self.line) }
        for round in 0..<500 {
            let start = Start()
            let written = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        // Both are there before either writes, unless there is one thread only.
                        start.arrived.add(1, ordering: .relaxed)
                        var patience = 100_000
                        while start.arrived.load(ordering: .relaxed) < 2, patience > 0 { patience -= 1 }
                        return (try? writer.write(Self.line)) != nil
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(written == 1, "round \(round)")
            #expect(pipe.read() == Self.line)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `does not wait for a terminal that is not read, and begins the next line on its own`() throws {
        let terminal = try Terminal()
        let writer = try LineWriter(inheriting: terminal.theirs.number)
        let line = Array("a line of 32 bytes for a terminal".utf8.prefix(31)) + [UInt8(ascii: "\n")]
        var error: SystemError?
        for _ in 0..<100_000 where error == nil {
            do throws(SystemError) { try writer.write(line) } catch let failure { error = failure }
        }
        #expect(error?.code == EAGAIN)
        var text: [UInt8] = []
        while case let piece = terminal.read(), !piece.isEmpty { text += piece }
        try writer.write(line)
        text += terminal.read()
        let lines = text.split(separator: UInt8(ascii: "\n"))
        #expect(lines.dropLast(2).allSatisfy { $0.elementsEqual(line.dropLast()) })
        #expect(lines.last?.elementsEqual(line.dropLast()) == true)
    }

    @Test(.timeLimit(.minutes(5))) func `does not wait for a socket that is not read`() throws {
        var ends: [CInt] = [0, 0]
        _ = try unsafe check("socketpair", socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends))
        let ours = Descriptor(owning: ends[0])
        let theirs = Descriptor(owning: ends[1])
        let writer = try LineWriter(inheriting: theirs.number)
        let error = #expect(throws: SystemError.self) {
            for _ in 0..<100_000 { try writer.write(Self.line) }
        }
        #expect(error?.code == EAGAIN && fcntl(ours.number, F_GETFD) >= 0)
    }

    @Test func `writes to another file from now on when it is replaced`() throws {
        let directory = try TemporaryDirectory()
        let paths = ["\(directory.path)/first", "\(directory.path)/second"]
        let flags = O_WRONLY | O_CREAT | O_APPEND
        let writer = LineWriter(owning: try Descriptor(opening: paths[0], flags, permissions: 0o600))
        try writer.write(Array("one\n".utf8))
        let second = try Descriptor(opening: paths[1], flags, permissions: 0o600)
        try writer.replace(with: second, endsInsideLine: true)
        try writer.write(Array("two\n".utf8))
        try writer.write(Array("three\n".utf8))
        #expect(try paths.map(Self.content) == ["one\n", "\ntwo\nthree\n"])
    }

    @Test func `passes no descriptor on to other programs after it is replaced`() throws {
        let directory = try TemporaryDirectory()
        let flags = O_WRONLY | O_CREAT
        let writer = LineWriter(owning: try Descriptor(opening: "\(directory.path)/first", flags, permissions: 0o600))
        let second = try Descriptor(opening: "\(directory.path)/second", flags, permissions: 0o600)
        let file = try FileStatus(of: second.number).identity
        try writer.replace(with: second, endsInsideLine: false)
        // Tests that run at the same time may have thousands of descriptors open.
        let numbers = (0..<CInt(65_536)).filter { (try? FileStatus(of: $0))?.identity == file }
        #expect(numbers.map { fcntl($0, F_GETFD) } == [FD_CLOEXEC])
        try writer.write(Array("one\n".utf8))
    }

    private static func content(of path: String) throws(SystemError) -> String {
        let file = try Descriptor(opening: path, O_RDONLY)
        var buffer = [UInt8](repeating: 0, count: 1_000)
        let count = try unsafe check("read", read(file.number, &buffer, buffer.count))
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}

/// Where threads wait for each other.
private final class Start: Sendable {
    let arrived = Atomic(0)
}

/// Both sides of a terminal that passes bytes on unchanged.
private struct Terminal: ~Copyable {
    private let ours: Descriptor
    let theirs: Descriptor

    init() throws(SystemError) {
        let ours = try Descriptor(opening: "/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK)
        var (isLocked, number): (CInt, CInt) = (0, 0)
        // TIOCSPTLCK and TIOCGPTN, which Swift does not see: ioctl_tty(2).
        _ = try unsafe check("ioctl", ioctl(ours.number, 0x4004_5431, &isLocked))
        _ = try unsafe check("ioctl", ioctl(ours.number, 0x8004_5430, &number))
        let theirs = try Descriptor(opening: "/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        var modes = termios()
        _ = try unsafe check("tcgetattr", tcgetattr(theirs.number, &modes))
        unsafe cfmakeraw(&modes)
        _ = try unsafe check("tcsetattr", tcsetattr(theirs.number, TCSANOW, &modes))
        self.ours = ours
        self.theirs = theirs
    }

    /// What has arrived and was not read; empty when nothing has.
    func read() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe Glibc.read(ours.number, &buffer, buffer.count)
        return Array(buffer.prefix(max(count, 0)))
    }
}

/// A pipe that has room for a few lines of 4,096 bytes, each a page of its own.
private struct Pipe: ~Copyable {
    let reader: Descriptor
    let writer: Descriptor
    /// How many such lines it holds.
    let capacity: Int

    init() throws(SystemError) {
        var ends: [CInt] = [0, 0]
        _ = try unsafe check("pipe", pipe(&ends))
        let reader = Descriptor(owning: ends[0])
        let writer = Descriptor(owning: ends[1])
        // F_SETPIPE_SZ, which Swift does not see.
        capacity = Int(try check("fcntl", fcntl(ends[1], 1031, 16_384))) / 4_096
        self.reader = reader
        self.writer = writer
    }

    /// One line.
    func read() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe Glibc.read(reader.number, &buffer, buffer.count)
        return Array(buffer.prefix(max(count, 0)))
    }
}
