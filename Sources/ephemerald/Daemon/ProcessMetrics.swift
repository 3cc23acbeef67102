import CLinux
import EphemeraldCore
import Glibc
import System

/// Metrics of this process from the kernel, with the names that Prometheus's own libraries use.
enum ProcessMetrics {
    /// All metrics except those that `/proc` does not have.
    static var families: [MetricFamily] {
        var families = [
            MetricFamily(
                "process_cpu_seconds", .counter, "User and system CPU time used.",
                [MetricFamily.Sample(cpuSeconds)])
        ]
        if let pages = statistics("/proc/self/statm").dropFirst().first.flatMap({ Int($0) }) {
            families.append(
                MetricFamily(
                    "process_resident_memory_bytes", .gauge, "Resident memory.",
                    pages * Int(sysconf(Int32(_SC_PAGESIZE)))))
        }
        if let count = descriptors {
            families.append(MetricFamily("process_open_fds", .gauge, "Open file descriptors.", count))
        }
        families.append(
            MetricFamily("process_max_fds", .gauge, "The limit of open file descriptors.", DescriptorLimit.current))
        return families
    }

    private static var cpuSeconds: Double {
        Double(clinux_nanoseconds(CLOCK_PROCESS_CPUTIME_ID)) / 1e9
    }

    /// The fields of a file of `/proc`.
    private static func statistics(_ path: String) -> [Substring] {
        guard let bytes = try? InputFile.contents(of: path, limit: 4_096) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
    }

    private static var descriptors: Int? {
        guard let directory = unsafe opendir("/proc/self/fd") else { return nil }
        defer { _ = unsafe closedir(directory) }
        var count = 0
        while unsafe readdir(directory) != nil { count += 1 }
        // Without `.`, `..`, and the descriptor that reads the directory.
        return count - 3
    }
}

/// The limit of open descriptors. Every connection uses one and every mint another.
enum DescriptorLimit {
    /// The limit in effect.
    static var current: Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        return Int(clamping: limit.rlim_cur)
    }

    /// Raises the limit as far as the system allows.
    static func raise() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        // If this fails, the old limit stays, and connections beyond it wait in the backlog.
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
