import EventLoop
import Logging
import Sessions
import Settings
import System
import Text

/// The watch on all files that a reload reads. It has a thread of its own, because looking at files may wait for a disk.
final class ConfigurationWatch: Sendable {
    private let thread: EventLoopThread
    private let files: FileWatch

    /// Starts the watch; nil, with a line in the log, when files cannot be watched.
    /// - Parameter changed: called on the thread of the watch after each change, and once at the beginning: the files
    ///   may have changed since the daemon read them.
    init?(_ source: Settings.Source, logger: Logger, changed: @escaping @Sendable () -> Void) {
        if let path = ConfigurationFiles(of: source).readOnce {
            logger.info("files are not watched: \(path.shown) can be read only once")
            return nil
        }
        do throws(SystemError) {
            let loop = try EventLoop()
            // Belongs to the thread of the loop.
            var lastFailure: SystemError?
            files = try FileWatch(on: loop, targets: { ConfigurationFiles(of: source).targets }) { failure in
                if let failure, failure != lastFailure { ConfigurationWatch.warn(logger, of: failure) }
                lastFailure = failure ?? lastFailure
                changed()
            }
            thread = try EventLoopThread(running: loop, name: "watch")
        } catch {
            ConfigurationWatch.warn(logger, of: error)
            return nil
        }
        thread.loop.submit { [files] in files.begin() }
    }

    /// Ends the watch and its thread.
    func end() {
        thread.loop.submit { [files] in files.end() }
        thread.loop.stop()
        thread.join()
    }

    private static func warn(_ logger: Logger, of failure: SystemError) {
        logger.warning("some changed files are not noticed (WATCH); SIGHUP reads them: \(failure)")
    }
}

extension ConfigurationFiles {
    fileprivate var targets: [FileWatch.Target] {
        paths.map { .file($0) } + (sessionsDirectory.map { [.entries(of: $0, suffix: SessionCatalog.suffix)] } ?? [])
    }
}
