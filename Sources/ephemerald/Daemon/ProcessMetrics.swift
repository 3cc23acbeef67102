import CLinux
import EphemeraldCore
import Glibc

/// What the kernel knows of this process, under the names that Prometheus's own libraries use.
enum ProcessMetrics {
    /// What `/proc` does not tell is left out.
    static var families: [MetricFamily] {
        var families = [
            MetricFamily(
                "process_cpu_seconds", .counter, "CPU time used, of the user and the system.",
                [MetricFamily.Sample(cpuSeconds)])
        ]
        if let pages = statistics("/proc/self/statm").dropFirst().first.flatMap({ Int($0) }) {
            families.append(
                MetricFamily(
                    "process_resident_memory_bytes", .gauge, "Memory that is resident.",
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

    /// The words of a file of `/proc`.
    private static func statistics(_ path: String) -> [Substring] {
        guard let bytes = try? InputFile.contents(of: path, limit: 4_096) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
    }

    private static var descriptors: Int? {
        guard let directory = unsafe opendir("/proc/self/fd") else { return nil }
        defer { _ = unsafe closedir(directory) }
        var count = 0
        while unsafe readdir(directory) != nil { count += 1 }
        // Neither `.` nor `..`, nor the descriptor that reads them.
        return count - 3
    }
}
