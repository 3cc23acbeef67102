import Glibc
package import System

/// A watch on files and on the entries of directories that sees every way of replacing them: a write in place, a rename
/// over the name, a symbolic link on the way that is exchanged, a directory that is deleted and made again.
///
/// It watches every directory in which a name on the way to a target is looked up, and looks the way up again after each
/// change. Events that come together are one change, which is not reported while a file is being written.
package final class FileWatch: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop, and before that runs to the code that prepares it.
    /// What is watched. A relative path begins at the directory of the process.
    package enum Target: Hashable, Sendable {
        /// A file. It need not exist.
        case file(String)
        /// The entries of a directory whose names end with the suffix and do not begin with a dot.
        case entries(of: String, suffix: String)
    }

    private struct Place {
        let path: String
        /// The entries that matter, where the place is a directory.
        var names: Set<String> = []
        var suffix: String?

        func concerns(_ name: String) -> Bool {
            name.isEmpty || names.contains(name)
                || suffix.map { name.hasSuffix($0) && !name.hasPrefix(".") } ?? false
        }
    }

    private struct Entry: Hashable {
        let watch: CInt
        let name: String
    }

    /// A change is reported when nothing has happened for this long.
    package static let quiet = Duration.milliseconds(40)
    /// Under a stream of events, a change is reported this long after the first of them.
    package static let longestDelay = Duration.milliseconds(200)
    /// How long a file that is open for writing is waited for after its last write.
    package static let patience = Duration.seconds(2)
    /// How long a change waits for files that are written again and again: one of them must not keep the others from
    /// being read.
    package static let mostPatience = Duration.seconds(5)

    private let inotify: Inotify
    private let loop: EventLoop
    private let targets: () -> [Target]
    private let changed: (SystemError?) -> Void
    private var watch: Watch?
    private var places: [CInt: Place] = [:]
    private var failure: SystemError?
    /// The files that are being written, with the time of the last write.
    private var unfinished: [Entry: ContinuousClock.Instant] = [:]
    private var timer: Timer?
    private var firstEvent: ContinuousClock.Instant?

    /// Watches nothing yet.
    /// - Parameters:
    ///   - targets: what is watched; called again after each change, because a changed file may name other files.
    ///   - changed: called on the loop's thread after a change, with the reason why some changes cannot be seen, if so.
    /// - Throws: when this user has too many inotify instances.
    package init(
        on loop: EventLoop, targets: @escaping () -> [Target], changed: @escaping (SystemError?) -> Void
    ) throws(SystemError) {
        inotify = try Inotify()
        self.loop = loop
        self.targets = targets
        self.changed = changed
        watch = try loop.watch(inotify.number, for: .readable) { [unowned self] _ in
            inotify.takeEvents { take($0) }
        }
    }

    /// Starts watching, and reports a change, because files may have changed since they were read: like every change
    /// once nothing happens any more, for one of them may be under way. On the loop's thread.
    package func begin() {
        follow(targets())
        delayReport()
    }

    /// Ends the watch; nothing is reported from then on. On the loop's thread.
    package func end() {
        timer?.cancel()
        watch?.end()
        watch = nil
    }

    private func take(_ event: Inotify.Event) {
        if event.mask.contains(.overflow) { return delayReport() }
        guard let place = places[event.watch] else { return }
        if event.mask.contains(.ignored) {
            places[event.watch] = nil
            return
        }
        guard place.concerns(event.name) else { return }
        let entry = Entry(watch: event.watch, name: event.name)
        if event.mask.contains(.modified) || event.mask.contains(.created) && isNewFile("\(place.path)/\(event.name)") {
            unfinished[entry] = .now
        } else if !event.mask.contains(.attributes) {
            unfinished[entry] = nil
        }
        delayReport()
    }

    private func delayReport() {
        let now = ContinuousClock.now
        let first = firstEvent ?? now
        firstEvent = first
        setTimer(min(FileWatch.quiet, first + FileWatch.longestDelay - now))
    }

    private func setTimer(_ delay: Duration) {
        timer?.cancel()
        timer = loop.after(delay) { [unowned self] in report() }
    }

    private func report() {
        timer?.cancel()
        follow(targets())
        // A file that was replaced while it was being written is not there any more.
        unfinished = unfinished.filter { places[$0.key.watch] != nil }
        if let last = unfinished.values.max() {
            let rest = min(last + FileWatch.patience, (firstEvent ?? last) + FileWatch.mostPatience) - .now
            if rest > .zero { return setTimer(rest) }
        }
        unfinished = [:]
        firstEvent = nil
        changed(failure)
    }
}

/// The way to a target, name by name.
extension FileWatch {
    /// Links on one way; the kernel follows as many: path_resolution(7).
    private static let mostLinks = 40

    private func follow(_ targets: [Target]) {
        let before = places.keys
        places = [:]
        failure = nil
        for target in targets {
            switch target {
            case .file(let path): followFile(path)
            case .entries(let path, let suffix):
                let directory = follow(path)
                watchDirectory(directory, for: [.names, .closed, .attributes, .modified]) { $0.suffix = suffix }
                for name in links(in: directory) where name.hasSuffix(suffix) && !name.hasPrefix(".") {
                    followFile("\(directory)/\(name)")
                }
            }
        }
        for number in before where places[number] == nil { inotify.remove(number) }
    }

    private func followFile(_ path: String) {
        let file = follow(path)
        guard let status = try? FileStatus(at: file, followsLinks: false), status.kind == .regular else { return }
        // In its directory a write to the file would be reported too, and so would those to every other file.
        watch(file, for: [.modified, .closed, .attributes]) { _ in }
    }

    /// Watches every directory on the way, each before its entry is looked up, so that no change falls in between.
    /// - Returns: the path without links.
    private func follow(_ path: String) -> String {
        var place = path.hasPrefix("/") ? "" : workingDirectory()
        var rest = Array(names(in: path).reversed())
        var linkCount = 0
        while let name = rest.popLast() {
            if name == ".." {
                place = String(place[..<(place.lastIndex(of: "/") ?? place.startIndex)])
                continue
            }
            let isLast = rest.isEmpty
            watchDirectory(place.isEmpty ? "/" : place, for: isLast ? [.names, .closed, .attributes] : .names) {
                $0.names.insert(name)
            }
            if let target = linkTarget("\(place)/\(name)"), linkCount < FileWatch.mostLinks {
                linkCount += 1
                if target.hasPrefix("/") { place = "" }
                rest += names(in: target).reversed()
            } else {
                place += "/\(name)"
            }
        }
        return place.isEmpty ? "/" : place
    }

    private func watchDirectory(_ path: String, for mask: Inotify.Mask, _ change: (inout Place) -> Void) {
        watch(path, for: mask.union(.onlyDirectory), change)
    }

    private func watch(_ path: String, for mask: Inotify.Mask, _ change: (inout Place) -> Void) {
        do throws(SystemError) {
            let number = try inotify.add(path, for: mask)
            change(&places[number, default: Place(path: path)])
        } catch {
            // What is missing is reported by the directory above. A directory that this user may pass through but not
            // read cannot be watched, which matters where files are replaced in it.
            let isUsual = [ENOENT, ENOTDIR].contains(error.code) || error.code == EACCES && !mask.contains(.closed)
            if !isUsual, failure == nil { failure = error }
        }
    }
}

private func names(in path: String) -> [String] {
    path.split(separator: "/").map(String.init).filter { $0 != "." }
}

private func workingDirectory() -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard unsafe getcwd(&buffer, buffer.count) != nil else { return "" }
    let path = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return path == "/" ? "" : path
}

/// Where a symbolic link leads; nil for everything else.
private func linkTarget(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink(path, &buffer, buffer.count)
    guard count > 0 else { return nil }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Whether the name that has just appeared is a file of its own, which is about to be written.
private func isNewFile(_ path: String) -> Bool {
    guard let status = try? FileStatus(at: path, followsLinks: false) else { return false }
    return status.kind == .regular && status.linkCount == 1
}

/// The entries of a directory that are symbolic links.
private func links(in directory: String) -> [String] {
    guard let stream = unsafe opendir(directory) else { return [] }
    defer { _ = unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
        // File systems that do not know the type say DT_UNKNOWN.
        guard unsafe [UInt8(DT_LNK), UInt8(DT_UNKNOWN)].contains(entry.pointee.d_type) else { continue }
        let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
        names.append(String(decoding: name, as: UTF8.self))
    }
    return names
}
