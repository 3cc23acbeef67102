import FoundationEssentials
import Glibc
import System
import TestTools
import Testing
import Text
import ephemerald

@Suite struct `A file that a setting names` {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func pipe() throws -> String {
        let path = "\(directory.path)/pipe"
        try #require(unsafe mkfifo(path, 0o600) == 0)
        return path
    }

    private func contents(_ path: String, _ pipes: InputFile.Pipes = .patient) throws -> [UInt8] {
        try InputFile.contents(of: path, limit: 100_000, pipes: pipes)
    }

    @Test func `may be a pipe, which is read to its end`() throws {
        var ends: [CInt] = [0, 0]
        try #require(unsafe Glibc.pipe(&ends) == 0)
        // A child of another test that inherits the writer would keep the pipe open.
        for end in ends { try #require(fcntl(end, F_SETFD, FD_CLOEXEC) == 0) }
        let text = [UInt8](repeating: 0x61, count: 3_000)
        try #require(unsafe write(ends[1], text, text.count) == text.count)
        close(ends[1])
        defer { close(ends[0]) }
        #expect(try contents("/dev/fd/\(ends[0])") == text)
    }

    @Test func `is read only until the deadline when it is a pipe`() throws {
        let path = try pipe()
        let failure = #expect(throws: Invalid.self) { try contents(path, .until(.now)) }
        #expect(failure?.reason.contains("did not finish within 5.0 seconds") == true)
        // A writer who writes a part and does not end.
        let writer = unsafe open(path, O_RDWR)
        defer { close(writer) }
        try #require(unsafe write(writer, "part", 4) == 4)
        #expect(throws: Invalid.self) { try contents(path, .until(.now)) }
    }

    @Test func `is a regular file where pipes are refused`() throws {
        let path = try pipe()
        #expect(throws: Invalid.self) { try contents(path, .refused) }
        #expect(throws: Invalid.self) { try contents("/dev/null", .refused) }
        #expect(try contents(directory.file("key", "sk-test"), .refused).count == 7)
    }

    @Test func `is not a terminal or a directory`() {
        for path in ["/dev/ptmx", directory.path] {
            let failure = #expect(throws: Invalid.self) { try contents(path) }
            #expect(failure?.reason.contains("write the path of a file") == true)
        }
    }
}
