import EventLoop
import Foundation
import System
import TestTools
import Testing

/// A folder of a test, and a watch on a file and a directory in it, on a loop with a thread of its own.
private final class Trial: @unchecked Sendable {
    // `@unchecked`: `reports` belongs to the thread of the loop, everything else does not change.
    private let home: TemporaryDirectory
    let thread: EventLoopThread
    private let watch: FileWatch

    /// What the watch reported, and when: the task that takes it may be late on a busy machine.
    struct Report: Sendable {
        let failure: SystemError?
        let time = ContinuousClock.now
    }

    /// A nil is from a timer of the test.
    private let (reports, continuation) = AsyncStream.makeStream(of: Report?.self)

    init(_ file: String = "file", _ directory: String = "directory") throws {
        home = try TemporaryDirectory()
        let folder = home.path
        try FileManager.default.createDirectory(atPath: "\(folder)/directory", withIntermediateDirectories: false)
        let loop = try EventLoop()
        watch = try FileWatch(
            on: loop,
            targets: { [.file("\(folder)/\(file)"), .entries(of: "\(folder)/\(directory)", suffix: ".json")] },
            changed: { [continuation] in continuation.yield(Report(failure: $0)) })
        thread = try EventLoopThread(running: loop, name: "test")
    }

    var folder: String { home.path }

    /// Begins, and takes the report of the beginning.
    func begin() async {
        thread.loop.submit { [watch] in watch.begin() }
        await report()
    }

    /// Waits for the next report.
    @discardableResult
    func report() async -> Report? {
        for await report in reports { return report }
        return nil
    }

    /// Waits for the next report; nil when a timer of the loop, which a busy machine delays as well, is due before it.
    func report(before delay: Duration) async -> Report? {
        let (loop, continuation) = (thread.loop, continuation)
        loop.submit { _ = loop.after(delay) { continuation.yield(nil) } }
        return await report()
    }

    /// Ends the watch, and returns how many reports nobody has taken: on a busy machine a command of several steps may
    /// be more than one change.
    @discardableResult
    func end() async -> Int {
        thread.loop.submit { [watch] in watch.end() }
        thread.loop.stop()
        thread.join()
        continuation.finish()
        return await reports.reduce(into: 0) { count, report in count += report == nil ? 0 : 1 }
    }

    func shell(_ command: String) throws {
        #expect(try ChildProcess(["sh", "-e", "-c", "cd \"$0\"\n\(command)", folder]).wait() == 0, "\(command)")
    }
}

@Suite struct `A watch on files` {
    @Test(arguments: [
        "echo a >file", "echo a >>file", ": >file", "echo b >other; mv other file", "mv file away", "rm file",
        "rm file; echo a >file", "mv file file~; echo a >file", "ln -sf other file", "ln other link; mv -f link file",
        "chmod 600 file", "echo {} >directory/a.json", "mv other directory/a.json", "rm directory/there.json",
        "mv directory/there.json directory/other.json", "mv directory/there.json directory/away",
        "echo {} >>directory/there.json", "rm -r directory", "mv directory away; mkdir directory",
        "rm -r directory; mkdir directory; echo {} >directory/a.json", "echo {} >linked.json", "rm linked.json",
    ])
    func `reports every way to change one`(command: String) async throws {
        let trial = try Trial()
        try trial.shell(
            "echo a >file; echo a >other; echo {} >directory/there.json; echo {} >linked.json; "
                + "ln -s ../linked.json directory/linked.json")
        await trial.begin()
        try trial.shell(command)
        await trial.report()
        // What was changed is watched like what was there before.
        try trial.shell("mkdir -p directory; rm -f file; echo c >file")
        await trial.report()
        await trial.end()
    }

    @Test func `follows links, and sees each of them exchanged`() async throws {
        let trial = try Trial("link/sub/../name", "sessions")
        try trial.shell(
            "mkdir -p one/sub two/sub; echo 1 >one/name; echo 2 >two/target; ln -s target two/name; ln -s one link; "
                + "mkdir sessions; ln -s v1 sessions/..data; mkdir sessions/v1 sessions/v2; "
                + "echo 1 >sessions/v1/a.json; echo 2 >sessions/v2/a.json; ln -s ..data/a.json sessions/a.json")
        await trial.begin()
        let commands = [
            "ln -s two link.new; mv -T link.new link", "echo 3 >two/target", "echo 4 >new; mv new two/target",
            "ln -s v2 sessions/new; mv -T sessions/new sessions/..data", "echo 5 >sessions/v2/a.json", "rm link",
            "ln -s one link", "echo 6 >one/name",
        ]
        for command in commands {
            try trial.shell(command)
            await trial.report()
        }
        await trial.end()
    }

    @Test func `sees directories appear that were not there`() async throws {
        let trial = try Trial("a/b/file")
        await trial.begin()
        for command in ["mkdir a", "mkdir a/b", "echo 1 >a/b/file", "rm -r a", "mkdir -p a/b; echo 2 >a/b/file"] {
            try trial.shell(command)
            await trial.report()
        }
        await trial.end()
    }

    @Test func `reports neither reading nor what happens beside`() async throws {
        let trial = try Trial()
        try trial.shell("echo a >file; echo {} >directory/there.json; echo a >log")
        await trial.begin()
        try trial.shell(
            "cat file directory/*.json >/dev/null; ls directory; echo a >>log; rm log; echo a >directory/README; "
                + "echo {} >directory/.a.json; mkdir other; mv other another")
        try await Task.sleep(for: FileWatch.longestDelay * 3)
        #expect(await trial.end() == 0)
    }

    @Test func `waits until a file is written, and not for ever`() async throws {
        let trial = try Trial()
        try trial.shell("echo a >file")
        await trial.begin()
        let file = try #require(FileHandle(forWritingAtPath: "\(trial.folder)/file"))
        let began = ContinuousClock.now
        try file.write(contentsOf: Data("b".utf8))
        try trial.shell("echo {} >directory/a.json")
        let late = try #require(await trial.report())
        #expect(late.time - began >= FileWatch.patience)
        try file.write(contentsOf: Data("c".utf8))
        try file.close()
        #expect(await trial.report(before: FileWatch.patience) != nil, "a file that is closed is not waited for")
        await trial.end()
    }

    @Test func `does not wait for ever for a file that is written again and again`() async throws {
        let trial = try Trial()
        try trial.shell("echo a >file")
        await trial.begin()
        let file = try #require(FileHandle(forWritingAtPath: "\(trial.folder)/file"))
        let began = ContinuousClock.now
        let writer = Task {
            while !Task.isCancelled {
                try file.write(contentsOf: Data("b".utf8))
                // More often than a file is waited for.
                try? await Task.sleep(for: FileWatch.patience / 8)
            }
        }
        let report = try #require(await trial.report())
        #expect(report.time - began >= FileWatch.patience)
        writer.cancel()
        try await writer.value
        await trial.end()
    }

    @Test func `ends, and leaves no descriptor open`() async throws {
        func inotifies() throws -> Int {
            let folder = "/proc/self/fd"
            return try FileManager.default.contentsOfDirectory(atPath: folder).count { number in
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(number)"))?
                    .contains("inotify") == true
            }
        }
        for _ in 0..<200 {
            let trial = try Trial()
            await trial.begin()
            await trial.end()
        }
        // Other tests of this process have a few of their own.
        #expect(try inotifies() < 100)
    }
}
