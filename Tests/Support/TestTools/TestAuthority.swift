/// A certificate authority of a test's own, and what it signed, all in a directory that goes with it: `localhost`
/// (for that name and 127.0.0.1), `other` (for another name), `expired` (for localhost, over since yesterday).
package final class TestAuthority: @unchecked Sendable {
    // `@unchecked`: nothing changes after it is made.
    private let directory: TemporaryDirectory

    /// Runs `openssl`.
    package init() throws {
        directory = try TemporaryDirectory()
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        try run(
            ["openssl", "req", "-x509"] + key + [
                "-days", "2", "-subj", "/CN=Test", "-keyout", path("ca.key"), "-out", path("ca.pem"),
            ])
        for (name, subject, days) in [
            ("localhost", "DNS:localhost,IP:127.0.0.1", "2"), ("other", "DNS:other.example", "2"),
            ("expired", "DNS:localhost", "-1"),
        ] {
            try run(
                ["openssl", "req"] + key + [
                    "-subj", "/CN=Test \(name)", "-addext", "subjectAltName=\(subject)", "-addext",
                    "basicConstraints=critical,CA:FALSE", "-keyout", path("\(name).key"), "-out", path("\(name).csr"),
                ])
            try run([
                "openssl", "x509", "-req", "-in", path("\(name).csr"), "-copy_extensions", "copyall", "-days", days,
                "-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-out", path("\(name).pem"),
            ])
        }
    }

    /// Of a file in the directory: `ca.pem`, `localhost.pem`, `localhost.key`.
    package func path(_ name: String) -> String { "\(directory.path)/\(name)" }

    private func run(_ command: [String]) throws {
        guard try ChildProcess(command).wait() == 0 else { throw Missing() }
    }

    /// A program is not installed, or does not do what it should.
    package struct Missing: Error {
        /// For what else a test cannot go on without.
        package init() {}
    }
}
