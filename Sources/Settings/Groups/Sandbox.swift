package import OpenAISandbox
import System
import Text

extension Setting {
    package static let sandbox = Setting(
        "SANDBOX", .boolean, .value("false"), "true|false", .restart,
        "Whether a built-in stand-in replaces OpenAI: no key, no cost, and no real call accepts the tokens.")
    package static let sandboxLatency = Setting(
        "SANDBOX_LATENCY", .text, .value("0ms"), "DURATION", .restart,
        "How long the stand-in waits before it answers, 0ms to 10min.")
    package static let sandboxFault = Setting(
        "SANDBOX_FAULT", .text, .value("none"), "FAULT", .restart,
        "How the stand-in fails: refuse, reset, garbage, slow-headers, late, not-json, huge, quota, or a status of 400 "
            + "to 599; for calls, no-answer-after-create, hangup-fails, not-found-without-code or drains.")
}

extension Setting.Group {
    static let sandbox = Self("Sandbox", [.sandbox, .sandboxLatency, .sandboxFault])
}

extension Settings {
    /// The stand-in for OpenAI.
    package struct Sandbox: Sendable {
        /// How long it waits before it answers.
        package let latency: Duration
        /// How it fails; nil when it does not.
        package let fault: Fault?
    }
}

extension SettingsReader {
    /// Nil for the real OpenAI.
    mutating func sandbox() -> Settings.Sandbox? {
        let isOn = bool(.sandbox)
        let latency = duration(.sandboxLatency, in: .zero ... .seconds(600))
        let fault = read(.sandboxFault) { text throws(Invalid) -> Fault? in
            if text == "none" { return nil }
            guard let fault = Fault(text) else {
                let names = Array(Fault.names.dropLast())
                throw Invalid(
                    "write none, \(names.joined(separator: ", ")), or a status of 400 to 599"
                        + text.suggestion(among: names))
            }
            return fault
        }
        guard isOn else {
            if !isWrong(.sandbox) { warn(.sandboxLatency, .sandboxFault, ifSet: "has no effect without SANDBOX") }
            return nil
        }
        warn(.baseURL, .upstreamProxy, .upstreamCAFile, ifSet: "has no effect with SANDBOX")
        warn(.apiKey, .apiKeyFile, ifSet: "the key is not used: with SANDBOX nothing is sent to OpenAI")
        return Settings.Sandbox(latency: latency, fault: fault)
    }
}
