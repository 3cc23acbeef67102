import EphemeraldCore
import System

// The rules between settings of different groups.

extension SettingsReader {
    /// Warns that `HOST` and `PORT` are not in effect, when somebody wrote them and the socket is elsewhere.
    mutating func warnUnlessAt(_ socket: ListeningAddress, _ written: ListeningAddress) {
        let isFree = if case .tcp(let host, 0) = written, case .tcp(host, _) = socket { true } else { false }
        guard written != socket, !isFree, !isWrong(.host, .port) else { return }
        warn(.host, .port, ifSet: "not in effect: the listening socket is that of \(socket)")
    }

    /// Checks the rules for access against who can reach the address. On loopback the developer's own pages are a safe
    /// default; anywhere else the operator says who may request tokens, even if it is everybody.
    mutating func checkReach(of address: ListeningAddress, _ access: Settings.Access, _ limits: Settings.Limits) {
        guard !address.isLoopback else { return }
        let way = if case .unix = address { " through a proxy" } else { "" }
        let place = "\(address) can be reached from beyond this machine\(way)"
        if self[.allowedOrigins] == nil {
            refuse(
                .allowedOrigins,
                "not set, and \(place); write the pages that may request tokens, such as https://app.example")
        }
        if self[.auth] == nil {
            refuse(.auth, "not set, and \(place); write none if the origins and the network are enough protection")
        } else if access.auth == [.none] {
            warn(
                .auth,
                "none, and \(place): any program there can get tokens; the list of origins stops only web pages")
        }
        if access.allowsMissingOrigin, access.auth == [.none] {
            warn(.allowMissingOrigin, "true, and \(place): only the limits protect it")
        }
        if limits.rates.all == nil {
            warn(.limitAll, "off, and \(place): nothing limits what strangers can cost")
        }
    }

    /// Warns about limits for callers where callers have no names.
    mutating func checkCallerLimits(_ access: Settings.Access, _ limits: Settings.Limits) {
        guard access.auth == [.none] else { return }
        let message = "has no effect while AUTH is none: callers are not identified"
        if limits.rates.caller != nil { warn(.limitCaller, message) }
        if limits.quotas.caller != nil { warn(.quotaCaller, message) }
        if limits.spending.caller != nil { warn(.spendCaller, message) }
    }

    /// Warns about hashes that change with every restart, and about quotas of callers that a restart forgets, because
    /// usage lines do not name the callers or name them otherwise.
    mutating func checkLogNames(_ limits: Settings.Limits, _ output: Settings.Output, _ salt: SafetySalt) {
        let isKept = salt != .ofThisProcess
        let change = "hashed without SAFETY_SALT_FILE or STATE_DIRECTORY: the hashes change with every restart"
        if output.logClient == .hashed, !isKept { warn(.logClient, change) }
        if output.logCaller == .hashed, !isKept { warn(.logCaller, change) }
        guard self[.redisURL] == nil, self[.redisURLFile] == nil else { return }
        let quotas = [
            limits.quotas.caller.map { _ in Setting.quotaCaller }, limits.spending.caller.map { _ in .spendCaller },
        ].compactMap { $0?.name }
        guard !quotas.isEmpty, output.logCaller == .none || output.logCaller == .hashed && !isKept else { return }
        warn(.logCaller, "a restart forgets what \(quotas.joined(separator: " and ")) counted on that day")
    }

    /// Refuses quotas that a restart would forget: they are counted again from the lines of the usage log, unless Redis
    /// counts them.
    mutating func checkQuotas(_ limits: Settings.Limits, _ output: Settings.Output) {
        let (quotas, spending) = (limits.quotas, limits.spending)
        guard limits.hasQuotas, self[.redisURL] == nil, self[.redisURLFile] == nil, !isWrong(.usageLog) else { return }
        if case .file(let path) = output.usageLog, InputFile.isRegularOrMissing(path) { return }
        let names: [(setting: Setting, isOn: Bool)] = [
            (.quotaCaller, quotas.caller != nil), (.quotaSession, quotas.session != nil),
            (.quotaAll, quotas.all != nil), (.spendCaller, spending.caller != nil), (.spendAll, spending.all != nil),
        ]
        let on = names.filter(\.isOn).map(\.setting.name).joined(separator: ", ")
        refuse(
            .usageLog,
            "\(on) needs a file here, from which the day's tokens and money are counted again after a restart; "
                + "write the path of a regular file")
    }
}
