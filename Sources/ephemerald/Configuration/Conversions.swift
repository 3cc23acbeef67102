internal import CLinux
import Curl
import EphemeraldCore
import EventLoop
import Glibc
import HTTP
import Locking
import OpenAISandbox
import Settings
import System

// The conversion of settings into the types of the parts that use them.

extension HTTPClientSettings {
    init(_ settings: Settings.Upstream, isSandbox: Bool) {
        self.init()
        connectTimeout = settings.connectTimeout
        caFile = settings.authorities?.path
        httpVersion = settings.httpVersion == .http2 ? .http2 : .http1
        allowsPlainHTTP = isSandbox || settings.baseURL.origin.scheme == "http"
        proxy = isSandbox ? nil : settings.proxy?.description
        userAgent = "ephemerald/\(Version.number)"
    }
}

extension HTTPClient {
    /// A client with settings that were checked.
    convenience init(_ settings: HTTPClientSettings, on loop: EventLoop) {
        do throws(CurlError) {
            try self.init(on: loop, settings: settings)
        } catch {
            preconditionFailure("the settings hold nothing that libcurl refuses: \(error)")
        }
    }
}

extension Streams {
    /// The streams of a loop.
    convenience init(for loop: EventLoop) {
        do throws(CurlError) {
            try self.init(on: loop)
        } catch {
            preconditionFailure("libcurl has been set up for the clients before: \(error)")
        }
    }
}

extension HTTPClientSettings {
    /// The settings of the client that fetches the keys of tokens; nil when the keys have no address. It uses the proxy of
    /// the upstream, except for an address of this machine.
    init?(forKeysOf settings: Settings) {
        guard let url = settings.access.keysURL else { return nil }
        self.init(settings.upstream, isSandbox: false)
        allowsPlainHTTP = url.origin.scheme == "http"
        if url.origin.isLoopback { proxy = nil }
        httpVersion = .http1
    }
}

extension HTTPClientSettings {
    /// The settings of the clients that send to a collector.
    init(_ settings: Settings.Telemetry) {
        self.init()
        connectTimeout = min(connectTimeout, settings.timeout)
        caFile = settings.authorities?.path
        allowsPlainHTTP = [settings.tracesURL, settings.metricsURL].contains { $0?.origin.scheme == "http" }
        maxBodyBytes = 65_536
        userAgent = "ephemerald/\(Version.number)"
    }
}

extension SandboxServer {
    /// The sandbox of these settings, on the loop; nil for the real OpenAI.
    convenience init?(_ settings: Settings.Sandbox?, on loop: EventLoop) throws(SystemError) {
        guard let settings else { return nil }
        try self.init(
            on: loop, latency: settings.latency, fault: settings.fault, unixSeconds: { time(nil) })
    }
}

extension Upstream {
    /// - Parameter sandboxURL: replaces the base URL; the key is then a dummy.
    init(_ settings: Settings, sandboxURL: String?) {
        let options = settings.upstream
        self.init(
            baseURL: sandboxURL ?? "\(options.baseURL)",
            keys: sandboxURL == nil ? options.keys : [Secret("sk-sandbox")])
        authorization = options.authHeader == .apiKey ? .apiKey : .bearer
        organization = options.organization
        project = options.project
        callsURL = options.callsURL
        isSandbox = sandboxURL != nil
        passesTrace = options.passesTrace
        timeout = options.timeout
        maxInFlight = settings.limits.maxInFlight
        maxWaiting = settings.limits.queue
    }
}

extension Surroundings {
    /// The system's clock that never jumps; systemd's `MONOTONIC_USEC` too.
    static func monotonicNanoseconds() -> UInt64 { nanoseconds(of: CLOCK_MONOTONIC) }

    /// The time of day by the system's clock.
    static func unixMilliseconds() -> Int64 { Int64(nanoseconds(of: CLOCK_REALTIME) / 1_000_000) }

    /// The system's clocks, and the loop's timers.
    static func system(_ loop: EventLoop) -> Surroundings {
        Surroundings(
            monotonicNanoseconds: monotonicNanoseconds,
            unixMilliseconds: unixMilliseconds,
            sleep: { await loop.sleep(for: $0) },
            untilGone: { await loop.waitForEnd(of: $0) },
            randomBits: { [bits = Locked(RandomBits())] in bits.withLock { $0.next() } })
    }
}

/// Random bits of the system, 4 KiB a call: a request needs 16 bytes, and a call for each sixteenth of them showed.
private struct RandomBits: Sendable {
    private var block: InlineArray<256, UInt128> = InlineArray(repeating: 0)
    private var filled = 0
    private var used = 0

    mutating func next() -> UInt128 {
        if used == filled {
            // It fills 256 bytes or more, and all of them unless a signal comes (getrandom(2)).
            let count = unsafe getrandom(&block, MemoryLayout.size(ofValue: block), 0)
            precondition(count >= 256, "getrandom(2) fills 256 bytes")
            (filled, used) = (count / MemoryLayout<UInt128>.size, 0)
        }
        defer { used += 1 }
        return block[used]
    }
}

private func nanoseconds(of clock: clockid_t) -> UInt64 {
    let time = clinux_nanoseconds(clock)
    precondition(time >= 0, "the clocks of the system can be read")
    return UInt64(time)
}
