import EphemeraldCore
import HTTP
import OpenAISandbox
import Sessions
import Text

extension SettingsReader {
    /// - Parameters:
    ///   - isSandbox: whether no key is needed; none is read then, so that the stand-in never gets a real one.
    ///   - credentials: systemd's directory of `LoadCredential=` (systemd.exec(5)).
    ///   - state: systemd's directories of `StateDirectory=` (systemd.exec(5)), with colons between them.
    mutating func upstream(isSandbox: Bool, credentials: String?, state: String?) -> Settings.Upstream? {
        let keys = isSandbox ? [] : keys(credentials: credentials)
        let base = read(.baseURL) { text throws(InvalidValue) in try ServerURL(parsing: text, as: .base) }
        let organization = readIfSet(.organization, SettingsReader.identifier)
        let project = readIfSet(.project, SettingsReader.identifier)
        let header = read(.authHeader) { text throws(InvalidValue) in
            try Choice.parse(text, as: UpstreamAuthHeader.self)
        }
        if !isSandbox, let base, let header { checkForm(of: base, header, keys: keys ?? []) }
        let calls = readIfSet(.callsURL) { text throws(InvalidValue) in try ServerURL(parsing: text, as: .complete) }
        let salt = safetySalt(state: state)
        let timeouts = timeouts()
        let version = read(.upstreamHTTP) { text throws(InvalidValue) in
            try Choice.parse(text, as: UpstreamHTTPVersion.self)
        }
        let authorities = readIfSet(.upstreamCAFile) { path throws(InvalidValue) in try CertificateFile(path) }
        let proxy = readIfSet(.upstreamProxy) { text throws(InvalidValue) -> ServerURL? in
            text == "none" ? nil : try ServerURL(parsing: text, as: .proxy)
        }
        let trace = read(.upstreamTrace) { text throws(InvalidValue) in try Bool(parsingSetting: text) }
        guard let keys, let base, let organization, let project, let header, let calls, let salt, let timeouts,
            let version, let authorities, let proxy, let trace
        else { return nil }
        return Settings.Upstream(
            keys: keys, baseURL: base, organization: organization, project: project, authHeader: header,
            callsURL: calls?.description, safetySalt: salt, timeout: timeouts.total,
            connectTimeout: timeouts.connect, httpVersion: version, authorities: authorities,
            proxy: proxy ?? nil, passesTrace: trace)
    }

    /// Whose models the sessions name; nil when the base URL is wrong. The sandbox plays OpenAI, whatever the base URL.
    mutating func upstreamOwner() -> UpstreamOwner? {
        let isSandbox = read(.sandbox) { text throws(InvalidValue) in try Bool(parsingSetting: text) }
        if isSandbox == true { return .openAI }
        return read(.baseURL) { text throws(InvalidValue) in try ServerURL(parsing: text, as: .base) }
            .map { UpstreamOwner(host: $0.origin.host) }
    }

    /// Warns of a base URL or a field for the key that cannot be right at a host whose form is known.
    private mutating func checkForm(of base: ServerURL, _ header: UpstreamAuthHeader, keys: [Secret]) {
        let host = UpstreamHost(base)
        if let right = host.rightURL, right != "\(base)" {
            warn(
                .baseURL,
                "tokens would be minted at \(base)/realtime/client_secrets, which is not an address of \(host.name); "
                    + "write \(right)")
        }
        // A token of Microsoft Entra, which is a JWT, is sent as Bearer to Azure too.
        let isEntra = !keys.isEmpty && keys.allSatisfy { $0.reveal().hasPrefix("eyJ") }
        switch (host, header) {
        case (.azure, .authorization) where !isEntra:
            warn(
                .authHeader,
                "Azure OpenAI takes a key in the field api-key, and only an Entra token as Bearer; write api-key")
        case (.openAI, .apiKey):
            warn(.authHeader, "OpenAI takes the key as Bearer and does not read the field api-key; write Authorization")
        default: break
        }
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
                let names = Array(Fault.names.dropLast())
                throw InvalidValue(
                    "write none, \(names.joined(separator: ", ")), or a status of 400 to 599"
                        + text.suggestion(among: names))
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
        for setting in [Setting.apiKey, .apiKeyFile] where self[setting] != nil {
            warn(setting, "the key is not used: with SANDBOX nothing is sent to OpenAI")
        }
        return Settings.Sandbox(latency: latency, fault: fault)
    }

    private mutating func safetySalt(state: String?) -> SafetySalt? {
        let kept = readIfSet(.safetySaltFile) { text throws(InvalidValue) in
            SafetySalt.kept(try SafetySalt.read(text))
        }
        guard let kept else { return nil }
        if kept != nil, let path = self[.safetySaltFile]?.text { warnOfReaders(.safetySaltFile, of: path) }
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
}
