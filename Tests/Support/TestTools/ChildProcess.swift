import FoundationEssentials
import Glibc
import System

/// A program in a process of its own, killed when this object goes; what it prints can be read.
package final class ChildProcess {
    private let process: pid_t
    private let output: Descriptor
    private var isOver = false

    /// - Parameter command: the program, searched for in `PATH`, and its arguments.
    package init(_ command: [String]) throws {
        var ends: [CInt] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw SystemError("pipe") }
        let reader = Descriptor(owning: ends[0])
        let writer = Descriptor(owning: ends[1])
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, writer.number, 1)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        // Files and sockets of other tests, libcurl's among them, are not to stay open in this process: a client that
        // leaves would not have left, and a file that is closed would not be closed. Others open more at the same time.
        let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.compactMap { CInt($0) }
        for number in 3..<(open?.max() ?? 3) + 1_024 { unsafe posix_spawn_file_actions_addclose(&actions, number) }
        var arguments = unsafe command.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var process = pid_t()
        let code = unsafe posix_spawnp(&process, command[0], &actions, nil, &arguments, environ)
        guard code == 0 else { throw SystemError("posix_spawnp", code: code) }
        self.process = process
        output = reader
    }

    deinit {
        guard !isOver else { return }
        kill(process, SIGKILL)
        _ = wait()
    }

    /// Sends a signal.
    package func signal(_ number: CInt) {
        kill(process, number)
    }

    /// Waits for the end of the process.
    /// - Returns: the status of waitpid(2): 0 for success.
    package func wait() -> CInt {
        var status: CInt = 0
        unsafe waitpid(process, &status, 0)
        isOver = true
        return status
    }

    /// The next line that the process prints; nil when it prints no more.
    package func readLine() -> String? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while unsafe read(output.number, &byte, 1) == 1 {
            if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }
}
