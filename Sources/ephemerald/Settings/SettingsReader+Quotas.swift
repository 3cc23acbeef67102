import EphemeraldCore
import Glibc

extension SettingsReader {
    mutating func quotas() -> Quotas? {
        let caller = quota(.quotaCaller)
        let session = quota(.quotaSession)
        let all = quota(.quotaAll)
        guard let caller, let session, let all else { return nil }
        return Quotas(caller: caller, session: session, all: all)
    }

    private mutating func quota(_ setting: Setting) -> Int?? {
        read(setting) { text throws(InvalidValue) -> Int? in
            if text == "off" { return nil }
            guard let count = try? Int(parsingSetting: text, in: 1...1_000_000_000) else {
                throw InvalidValue("write a whole number of tokens a day, 1 to 1000000000, or off")
            }
            return count
        }
    }

    /// A quota that a restart forgets would be none: the lines of the usage log are what it is counted from, unless Redis
    /// remembers it.
    mutating func checkQuotas(_ limits: Settings.Limits, access: Settings.Access, output: Settings.Output) {
        let quotas = limits.quotas
        guard !quotas.areOff else { return }
        if quotas.caller != nil, access.auth == [.none] {
            warn(.quotaCaller, "has no effect while AUTH is none: nobody is asked who he is")
        }
        if limits.redis != nil { return }
        if case .file(let path) = output.usageLog, SettingsReader.canBeFile(path) { return }
        let names = [
            (Setting.quotaCaller, quotas.caller), (.quotaSession, quotas.session), (.quotaAll, quotas.all),
        ]
        let on = names.filter { $0.1 != nil }.map(\.0.name).joined(separator: ", ")
        refuse(
            .usageLog,
            "\(on) needs a file here, from which the day's tokens are counted again after a restart; "
                + "write the path of a regular file")
    }

    /// Whether there is a regular file at the path, or nothing yet.
    static func canBeFile(_ path: String) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return true }
        return status.st_mode & S_IFMT == S_IFREG
    }
}
