import Glibc

/// The stream for people: findings, warnings, problems. Standard output is for what a script reads.
package enum StandardError {
    /// Writes each line, with one `write` for all of them, so that other writers do not come between.
    package static func print(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        var text = lines.map { $0 + "\n" }.joined()
        text.withUTF8 { bytes in
            // Nobody is left to be told when standard error cannot be written.
            _ = unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }
}
