import EphemeraldCore
import HTTP
import Logging
import MicroHTTPD
import Sessions
import Text

extension SettingsReader {
    mutating func listening(at address: ListeningAddress?, cores: Int) -> Settings.Listening? {
        let loops = readIfSet(.loops) { text throws(InvalidValue) in try Int(parsingSetting: text, in: 1...256) }
        let delay = drainTime(.drainDelay)
        let timeout = drainTime(.drainTimeout)
        let mode = read(.socketMode) { text throws(InvalidValue) in try ListeningAddress.socketMode(parsing: text) }
        let operations = operations()
        guard let address, let mode, let loops, let delay, let timeout, let operations else { return nil }
        warnOfSocketMode(mode, of: [address, operations].compactMap(\.self))
        return Settings.Listening(
            address: address, socketMode: mode, loops: loops ?? min(max(cores, 1), 256), drainDelay: delay,
            drainTimeout: timeout, operations: operations)
    }

    private mutating func warnOfSocketMode(_ mode: UInt32, of addresses: [ListeningAddress]) {
        guard self[.socketMode] != nil else { return }
        let hasSocket = addresses.contains { if case .unix = $0 { true } else { false } }
        if !hasSocket {
            warn(.socketMode, "has no effect without a unix socket in HOST or OPS_HOST")
        } else if mode & 0o002 != 0 {
            warn(.socketMode, "every user of this machine can connect to the socket; 0660 keeps it to one group")
        }
    }

    private mutating func drainTime(_ setting: Setting) -> Duration? {
        read(setting) { text throws(InvalidValue) in
            try Duration(parsingSetting: text, in: .zero ... .seconds(600))
        }
    }

    /// The address; its port is 0 when `PORT` is wrong, which is no reason to be silent about the host.
    mutating func address() -> ListeningAddress? {
        let port = read(.port) { text throws(InvalidValue) in
            UInt16(try Int(parsingSetting: text, in: 0...65535))
        }
        let address = read(.host) { text throws(InvalidValue) in
            try ListeningAddress(parsingHost: text, port: port ?? 0)
        }
        if case .unix = address, self[.port] != nil { warn(.port, "has no meaning beside HOST=unix:") }
        return address
    }

    /// Nil inside when it is off, nil outside when a setting of it is wrong.
    private mutating func operations() -> ListeningAddress?? {
        let port = read(.operationsPort) { text throws(InvalidValue) -> UInt16? in
            text == "off" ? nil : UInt16(try Int(parsingSetting: text, in: 0...65535))
        }
        let address = read(.operationsHost) { text throws(InvalidValue) in
            try ListeningAddress(parsingHost: text, port: (port ?? 0) ?? 0)
        }
        guard let port, let address else { return nil }
        return .some(port == nil ? nil : address)
    }

    mutating func access() -> Settings.Access? {
        let allowsSharedSuffixes = allowsSharedSuffixes()
        let origins = allowedOrigins(allowsSharedSuffixes: allowsSharedSuffixes)
        let allowsCredentials = allowsCredentials(to: origins)
        let allowsMissing = read(.allowMissingOrigin) { text throws(InvalidValue) in try Bool(parsingSetting: text) }
        let proxies = trustedProxies()
        let auth = auth()
        let callers = callers(by: auth, behind: proxies)
        guard let origins, let allowsMissing, let allowsSharedSuffixes, let allowsCredentials, let proxies, let auth,
            let callers
        else { return nil }
        return Settings.Access(
            allowedOrigins: origins, allowsMissingOrigin: allowsMissing,
            allowsSharedSuffixes: allowsSharedSuffixes, allowsCredentials: allowsCredentials,
            trustedProxies: proxies, auth: auth, callers: callers, keysURL: auth.contains(.jwt) ? keysURL : nil)
    }

    mutating func limits() -> Settings.Limits? {
        let maxBody = read(.maxBody) { text throws(InvalidValue) in try ByteCount.parse(text, in: 1024...16 << 20) }
        let maxInFlight = read(.maxInFlight) { text throws(InvalidValue) in
            try Int(parsingSetting: text, in: 1...100_000)
        }
        let client = limit(.limitClient)
        let caller = limit(.limitCaller)
        let origin = limit(.limitOrigin)
        let session = limit(.limitSession)
        let all = limit(.limitAll)
        let refusals = limit(.limitRefusals)
        let quotas = quotas()
        let redis = redis()
        let isPaused = read(.paused) { text throws(InvalidValue) in try Bool(parsingSetting: text) }
        guard let maxBody, let maxInFlight, let client, let caller, let origin, let session, let all, let refusals,
            let quotas,
            let isPaused, let redis
        else { return nil }
        let rates = RateLimits(client: client, caller: caller, origin: origin, session: session, all: all)
        return Settings.Limits(
            maxBody: maxBody, maxInFlight: maxInFlight, rates: rates, refusals: refusals, isPaused: isPaused,
            quotas: quotas,
            redis: redis)
    }

    mutating func output() -> Settings.Output? {
        let usageLog = usageLog()
        let level = read(.logLevel) { text throws(InvalidValue) in try Choice.parse(text, as: Logger.Level.self) }
        let format = read(.logFormat) { text throws(InvalidValue) in try Choice.parse(text, as: LogFormat.self) }
        guard let usageLog, let level, let format else { return nil }
        return Settings.Output(usageLog: usageLog, logLevel: level, logFormat: format)
    }

    mutating func usageLog() -> UsageLogTarget? {
        read(.usageLog) { text throws(InvalidValue) -> UsageLogTarget in
            if text == "-" { return .standardOutput }
            guard !text.hasSuffix("/") else { throw InvalidValue("this is a directory; write a file's path, or -") }
            return .file(path: text)
        }
    }

    /// The directory of the session files; what is wrong with it shows when they are read.
    func sessionsDirectory() -> String {
        self[.sessionsDirectory]?.text ?? Setting.sessionsDirectory.row.defaultInWords
    }

    private mutating func limit(_ setting: Setting) -> RateLimit?? {
        read(setting) { text throws(InvalidValue) -> RateLimit? in
            do throws(Invalid) { return try RateLimit.parseSetting(text) } catch {
                throw InvalidValue(error.reason)
            }
        }
    }

    private mutating func trustedProxies() -> TrustedProxies? {
        guard let value = self[.trustedProxies], value.text != "none" else { return TrustedProxies.none }
        let entries = readListIfSet(.trustedProxies) { text throws(InvalidValue) in
            do throws(Invalid) { return try TrustedProxies.Entry(parsing: text) } catch {
                throw InvalidValue(error.reason)
            }
        }
        guard let entries = entries ?? nil else { return nil }
        let proxies = TrustedProxies(entries)
        for range in proxies.ranges where range.isEverybody {
            warn(.trustedProxies, "\(range) believes everybody: each request may choose the client it counts as")
        }
        return proxies
    }
}
