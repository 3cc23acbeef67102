import Glibc

/// The output for people: findings, warnings, problems. Standard output is for scripts.
package enum StandardError {
    /// Writes each line, with one `write` for all of them, so that no other writer comes between.
    package static func print(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        var text = lines.map { $0 + "\n" }.joined()
        text.withUTF8 { bytes in
            // If standard error cannot be written, there is no other place for the message.
            _ = unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }
}
