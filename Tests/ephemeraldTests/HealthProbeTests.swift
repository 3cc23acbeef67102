import System
import TestTools
import Testing
import ephemerald

@Suite struct `The health probe` {
    @Test func `says when nothing listens`() {
        let refused = #expect(throws: HealthProbe.Failure.self) {
            // Port 1 is reserved for a service that nobody runs (RFC 1078).
            try HealthProbe.ask(.tcp(host: "127.0.0.1", port: 1), limit: .seconds(20))
        }
        #expect(refused?.reason == "Connection refused")
        let missing = #expect(throws: HealthProbe.Failure.self) {
            try HealthProbe.ask(.unix(path: "/nowhere/x.sock"), limit: .seconds(20))
        }
        #expect(missing?.reason == "No such file or directory")
    }

    @Test func `gives up in time when there is no answer`() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/x.sock"
        let listener = try ListeningAddress.unix(path: path).listen()
        defer { extendLifetime(listener) }
        let start = ContinuousClock.now
        let error = #expect(throws: HealthProbe.Failure.self) {
            try HealthProbe.ask(.unix(path: path), limit: .milliseconds(200))
        }
        #expect(error?.reason == "no answer in time")
        #expect(ContinuousClock.now - start < .seconds(20) && listener.number >= 0)
    }
}
