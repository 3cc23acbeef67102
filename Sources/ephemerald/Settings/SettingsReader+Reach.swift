import EphemeraldCore
import System

extension SettingsReader {
    /// Says that `HOST` and `PORT` are not in force, when somebody wrote them and the socket is elsewhere.
    mutating func warnUnlessAt(_ socket: ListeningAddress, _ written: ListeningAddress) {
        let isFree = if case .tcp(let host, 0) = written, case .tcp(host, _) = socket { true } else { false }
        guard written != socket, !isFree else { return }
        for setting in [Setting.host, .port] where self[setting] != nil {
            warn(setting, "not in force: the listening socket is that of \(socket)")
        }
    }

    /// Holds what may be asked against who can reach the address. On loopback a developer's own pages are a safe
    /// default; anywhere else the operator says who may ask, even if it is everybody.
    mutating func checkReach(of address: ListeningAddress, access: Settings.Access?, limits: Settings.Limits?) {
        guard !address.isLoopback else { return }
        let way = if case .unix = address { " through a proxy" } else { "" }
        let place = "\(address) can be reached from beyond this machine\(way)"
        if self[.allowedOrigins] == nil {
            refuse(.allowedOrigins, "not set, and \(place); write the pages that may ask, such as https://app.example")
        }
        if self[.auth] == nil {
            refuse(.auth, "not set, and \(place); write none if the origins and the network are trust enough")
        } else if access?.auth == [.none] {
            warn(
                .auth, "none, and \(place): any program there can have tokens; the list of origins stops web pages only"
            )
        }
        if access?.allowsMissingOrigin == true, access?.auth == [.none] {
            warn(.allowMissingOrigin, "true, and \(place): nothing but the limits stands before it")
        }
        if let limits, limits.rates.all == nil {
            warn(.limitAll, "off, and \(place): nothing bounds what strangers can cost")
        }
    }
}
