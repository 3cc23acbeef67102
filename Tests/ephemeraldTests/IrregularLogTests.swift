import EphemeraldCore
import Glibc
import Sessions
import System
import TestTools
import Testing
import ephemerald

@Suite struct `A usage log that is not a regular file` {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Would wait for a writer, or read for ever.
    @Test(.timeLimit(.minutes(5)), arguments: ["a FIFO", "a link to a device", "a directory"])
    func `is not read`(kind: String) throws {
        let path = "\(directory.path)/usage.log"
        let result =
            switch kind {
            case "a FIFO": unsafe mkfifo(path, 0o600)
            case "a directory": unsafe mkdir(path, 0o700)
            default: unsafe symlink("/dev/zero", path)
            }
        try #require(result == 0)
        let error = #expect(throws: SystemError.self) {
            try Journal(of: path, quotas: Quotas(all: 9), today: Day(2026, 11, 22))
        }
        #expect(error?.description.contains("not a regular file") == true)
    }
}
