import TestTools

/// A TLS server with a certificate of its own making, for `localhost` alone: `openssl s_server` in a process of its
/// own, ended when this object goes. It answers every GET with 200.
final class TLSServer {
    let port: UInt16
    /// The self-signed certificate, PEM.
    let certificate: String
    private let process: ChildProcess
    private let directory: TemporaryDirectory

    init() async throws {
        directory = try TemporaryDirectory()
        let key = directory.path + "/key.pem"
        certificate = directory.path + "/certificate.pem"
        let make = try ChildProcess([
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
        ])
        guard make.wait() == 0 else { throw Missing() }
        process = try ChildProcess([
            "openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-key", key, "-cert", certificate,
        ])
        // `ACCEPT 127.0.0.1:PORT`, once it listens.
        while true {
            guard let line = process.readLine() else { throw Missing() }
            guard line.hasPrefix("ACCEPT "), let port = line.split(separator: ":").last.flatMap({ UInt16($0) })
            else { continue }
            self.port = port
            break
        }
    }

    /// openssl is not installed, or does not do what it should.
    struct Missing: Error {}
}
