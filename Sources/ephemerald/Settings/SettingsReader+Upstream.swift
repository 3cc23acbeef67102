import EphemeraldCore
import HTTP
import OpenAISandbox

extension SettingsReader {
    /// - Parameters:
    ///   - isSandbox: whether no key is needed; none is read then, so that the stand-in never gets a real one.
    ///   - credentials: systemd's directory of `LoadCredential=` (systemd.exec(5)).
    ///   - state: systemd's directories of `StateDirectory=` (systemd.exec(5)), with colons between them.
    mutating func upstream(isSandbox: Bool, credentials: String?, state: String?) -> Settings.Upstream? {
        let keys = isSandbox ? [] : keys(credentials: credentials)
        let base = read(.baseURL) { text throws(InvalidValue) in try ServerURL(parsing: text, as: .base) }
        if let base, base.origin.host == "api.openai.com", base.path.isEmpty {
            warn(.baseURL, "\(base) has no path; OpenAI's is https://api.openai.com/v1")
        }
        let organization = readIfSet(.organization, SettingsReader.identifier)
        let project = readIfSet(.project, SettingsReader.identifier)
        let header = read(.authHeader) { text throws(InvalidValue) in
            try Choice.parse(text, as: UpstreamAuthHeader.self)
        }
        let calls = readIfSet(.callsURL) { text throws(InvalidValue) in try ServerURL(parsing: text, as: .complete) }
        let salt = safetySalt(state: state)
        let timeouts = timeouts()
        let version = read(.upstreamHTTP) { text throws(InvalidValue) in
            try Choice.parse(text, as: UpstreamHTTPVersion.self)
        }
        let caFile = readIfSet(.upstreamCAFile, SettingsReader.certificates)
        let proxy = readIfSet(.upstreamProxy) { text throws(InvalidValue) -> ServerURL? in
            text == "none" ? nil : try ServerURL(parsing: text, as: .proxy)
        }
        let trace = read(.upstreamTrace) { text throws(InvalidValue) in try Bool(parsingSetting: text) }
        guard let keys, let base, let organization, let project, let header, let calls, let salt, let timeouts,
            let version, let caFile, let proxy, let trace
        else { return nil }
        return Settings.Upstream(
            keys: keys, baseURL: base, organization: organization, project: project, authHeader: header,
            callsURL: calls?.description, safetySalt: salt, timeout: timeouts.total,
            connectTimeout: timeouts.connect, httpVersion: version, caFile: caFile, proxy: proxy ?? nil,
            passesTrace: trace)
    }

    /// Nil inside without the sandbox, nil outside when a setting of it is wrong.
    mutating func sandbox() -> Settings.Sandbox?? {
        let isOn = read(.sandbox) { text throws(InvalidValue) in try Bool(parsingSetting: text) }
        let latency = read(.sandboxLatency) { text throws(InvalidValue) in
            try Duration(parsingSetting: text, in: .zero ... .seconds(600))
        }
        let fault = read(.sandboxFault) { text throws(InvalidValue) -> Fault? in
            if text == "none" { return nil }
            guard let fault = Fault(text) else {
                throw InvalidValue("write none, \(Fault.names.joined(separator: ", "))")
            }
            return fault
        }
        guard let isOn, let latency, let fault else { return nil }
        guard isOn else {
            for setting in [Setting.sandboxLatency, .sandboxFault] where self[setting] != nil {
                warn(setting, "has no meaning without SANDBOX")
            }
            return .some(nil)
        }
        for setting in [Setting.baseURL, .upstreamProxy, .upstreamCAFile] where self[setting] != nil {
            warn(setting, "has no meaning beside SANDBOX")
        }
        return Settings.Sandbox(latency: latency, fault: fault)
    }

    private mutating func safetySalt(state: String?) -> SafetySalt? {
        let kept = readIfSet(.safetySaltFile) { text throws(InvalidValue) in
            SafetySalt.kept(try SafetySalt.read(text))
        }
        guard let kept else { return nil }
        let directory = state?.split(separator: ":").first
        return kept ?? directory.map { .made(path: "\($0)/safety_salt") } ?? .ofThisProcess
    }

    private mutating func timeouts() -> (total: Duration, connect: Duration)? {
        let total = read(.upstreamTimeout) { text throws(InvalidValue) in
            try Duration(parsingSetting: text, in: .milliseconds(100) ... .seconds(300))
        }
        let connect = read(.upstreamConnectTimeout) { text throws(InvalidValue) in
            try Duration(parsingSetting: text, in: .milliseconds(50) ... .seconds(300))
        }
        guard let total, let connect else { return nil }
        // The default gives way to a shorter total; a value that somebody wrote does not.
        if self[.upstreamConnectTimeout] == nil { return (total, min(connect, total)) }
        guard connect <= total else {
            refuse(
                .upstreamConnectTimeout,
                "connecting (\(connect.inSettings)) would take longer than all of it (\(total.inSettings)); "
                    + "write UPSTREAM_CONNECT_TIMEOUT at most UPSTREAM_TIMEOUT")
            return nil
        }
        return (total, connect)
    }

    /// An identifier goes into a header field; OpenAI's are letters, digits, `-` and `_`.
    private static func identifier(_ text: String) throws(InvalidValue) -> String {
        let isRight = text.utf8.allSatisfy { $0.isLetter || $0.isDigit || "-_".utf8.contains($0) }
        guard isRight, (1...128).contains(text.utf8.count) else {
            throw InvalidValue("write 1 to 128 letters, digits, - and _")
        }
        return text
    }

    static func certificates(_ path: String) throws(InvalidValue) -> String {
        let bytes = try InputFile.contents(of: path, limit: 16 << 20)
        guard String(decoding: bytes, as: UTF8.self).contains("-----BEGIN CERTIFICATE-----") else {
            throw InvalidValue("the file has no certificate in PEM; write the path of a CA bundle")
        }
        return path
    }
}
