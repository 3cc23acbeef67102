import Glibc
import MicroHTTPD
import Testing
import ephemerald

@Suite struct `The health probe` {
    @Test func `says when nobody listens`() {
        let refused = #expect(throws: HealthProbe.Failure.self) {
            // Port 1 is reserved for a service that nobody runs (RFC 1078).
            try HealthProbe.ask(.tcp(host: "127.0.0.1", port: 1), limit: .seconds(2))
        }
        #expect(refused?.reason == "Connection refused")
        let missing = #expect(throws: HealthProbe.Failure.self) {
            try HealthProbe.ask(.unix(path: "/nowhere/x.sock"), limit: .seconds(2))
        }
        #expect(missing?.reason == "No such file or directory")
    }

    @Test func `gives up in time when nobody answers`() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/x.sock"
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in unsafe bytes.copyBytes(from: path.utf8) }
        let code = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(listener, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(code == 0 && listen(listener, 1) == 0)
        let start = ContinuousClock.now
        let error = #expect(throws: HealthProbe.Failure.self) {
            try HealthProbe.ask(.unix(path: path), limit: .milliseconds(200))
        }
        #expect(error?.reason == "no answer in time")
        #expect(ContinuousClock.now - start < .seconds(2))
    }
}
