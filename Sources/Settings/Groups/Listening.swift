package import System
import Text

extension Setting {
    package static let host = Setting(
        "HOST", .text, .value("127.0.0.1"), "ADDRESS", .restart,
        "The address to listen on, or unix:PATH for a socket. Beyond loopback anyone who can reach the address can send "
            + "requests, so ALLOWED_ORIGINS and AUTH must be set.")
    package static let port = Setting(
        "PORT", .number, .value("3001"), "NUMBER", .restart,
        "The port to listen on, 0 to 65535; 0 chooses a free one. Not used with unix:PATH.")
    package static let socketMode = Setting(
        "SOCKET_MODE", .text, .value("0660"), "MODE", .restart,
        "The permissions of unix sockets (HOST, OPS_HOST), in octal. Connecting needs write permission: with 0660 the "
            + "proxy's user must be in the daemon's group.")
    package static let loops = Setting(
        "LOOPS", .number, .computed("number of cores"), "NUMBER", .restart,
        "Event loops, 1 to 256, each with a thread and a listening socket of its own.")
    package static let drainDelay = Setting(
        "DRAIN_DELAY", .text, .value("0s"), "DURATION", .reload,
        "How long after SIGTERM only readiness fails, before the listening socket closes, 0s to 10min: time for a load "
            + "balancer to notice.")
    package static let drainTimeout = Setting(
        "DRAIN_TIMEOUT", .text, .value("15s"), "DURATION", .reload,
        "How long requests in flight may take once the socket is closed, 0s to 10min.")
    package static let operationsHost = Setting(
        "OPS_HOST", .text, .value("127.0.0.1"), "ADDRESS", .restart,
        "The address of the operations listener, or a name for it. Anyone who can reach it can read metrics and "
            + "readiness; programs of this machine can also list calls and end them.")
    package static let operationsPort = Setting(
        "OPS_PORT", .number, .value("9464"), "NUMBER", .restart,
        "The port of the operations listener, 0 to 65535, or off.")
}

extension Setting.Group {
    static let listening = Self(
        "Listening",
        [.host, .port, .socketMode, .loops, .drainDelay, .drainTimeout, .operationsHost, .operationsPort])
}

extension Settings {
    /// Addresses, loops, and how the daemon stops.
    package struct Listening: Sendable {
        /// `HOST` and `PORT`; not in effect where a socket is inherited.
        package let address: ListeningAddress
        /// The permissions of the files of unix sockets, including that of the operations listener.
        package let socketMode: UInt32
        /// Event loops, one thread each.
        package let loops: Int
        /// From SIGTERM, which makes readiness fail, until the socket closes.
        package let drainDelay: Duration
        /// How long requests in flight may take after that.
        package let drainTimeout: Duration
        /// Where metrics are served; nil for nowhere.
        package let operations: ListeningAddress?

        init(_ reader: inout SettingsReader, at address: ListeningAddress, cores: Int) {
            self.address = address
            loops =
                reader.readIfSet(.loops) { text throws(Invalid) in try Int(parsingSetting: text, in: 1...256) }
                ?? min(max(cores, 1), 256)
            drainDelay = reader.duration(.drainDelay, in: .zero ... .seconds(600))
            drainTimeout = reader.duration(.drainTimeout, in: .zero ... .seconds(600))
            socketMode = reader.read(.socketMode, ListeningAddress.socketMode(parsing:))
            operations = reader.operations()
            reader.warnAboutSocketMode(socketMode, of: [address, operations].compactMap(\.self))
        }
    }
}

extension SettingsReader {
    /// The address of the daemon.
    mutating func address() -> ListeningAddress {
        let port = UInt16(int(.port, in: 0...65535))
        let address = read(.host) { text throws(Invalid) in try ListeningAddress(parsingHost: text, port: port) }
        if case .unix = address { warn(.port, ifSet: "has no effect with HOST=unix:") }
        return address
    }

    /// The address of the operations listener; nil when it is off.
    mutating func operations() -> ListeningAddress? {
        let port = read(.operationsPort) { text throws(Invalid) -> UInt16? in
            text == "off" ? nil : UInt16(try Int(parsingSetting: text, in: 0...65535))
        }
        let address = read(.operationsHost) { text throws(Invalid) in
            try ListeningAddress(parsingHost: text, port: port ?? 0)
        }
        return port == nil ? nil : address
    }

    fileprivate mutating func warnAboutSocketMode(_ mode: UInt32, of addresses: [ListeningAddress]) {
        let hasSocket = addresses.contains { if case .unix = $0 { true } else { false } }
        if !hasSocket {
            warn(.socketMode, ifSet: "has no effect without a unix socket in HOST or OPS_HOST")
        } else if mode & 0o002 != 0 {
            warn(
                .socketMode, ifSet: "every user of this machine can connect to the socket; 0660 limits it to one group")
        }
    }
}
