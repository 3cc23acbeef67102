package import EphemeraldCore
import Sessions
import System
import Text

extension Setting {
    package static let upstreamTimeout = Setting(
        "UPSTREAM_TIMEOUT", .text, .value("10s"), "DURATION", .reload,
        "How long a mint may take with all its retries, 100ms to 5min.")
    package static let upstreamConnectTimeout = Setting(
        "UPSTREAM_CONNECT_TIMEOUT", .text, .value("3s"), "DURATION", .reload,
        "How long one connection to OpenAI may take to open, from 50ms up to UPSTREAM_TIMEOUT.")
    package static let upstreamHTTP = Setting(
        "UPSTREAM_HTTP", .number, .value("1.1"), "VERSION", .reload, "The HTTP version towards OpenAI: 1.1 or 2.")
    package static let upstreamCAFile = Setting(
        "UPSTREAM_CA_FILE", .text, .computed("the system's bundle"), "FILE", .reload, file: .open,
        "The certificate authorities, in PEM, that are trusted to vouch for OpenAI.")
    package static let upstreamProxy = Setting(
        "UPSTREAM_PROXY", .text, .none, "URL", .reload,
        "The HTTP proxy towards OpenAI. It sees when and how often tokens are minted. https_proxy in the environment is "
            + "not obeyed.")
    package static let upstreamTrace = Setting(
        "UPSTREAM_TRACE", .boolean, .value("false"), "true|false", .reload,
        "Whether the trace that a proxy of TRUSTED_PROXIES names in traceparent is passed to OpenAI, which can then tell "
            + "which requests belong together.")
}

extension Setting.Group {
    static let upstream = Self(
        "Connections to OpenAI",
        [.upstreamTimeout, .upstreamConnectTimeout, .upstreamHTTP, .upstreamCAFile, .upstreamProxy, .upstreamTrace])
}

/// The HTTP version towards the upstream.
package enum UpstreamHTTPVersion: String, CaseIterable, Sendable {
    /// A pool of connections, with one request on each at a time.
    case http1 = "1.1"
    /// Many requests on one connection.
    case http2 = "2"
}

/// A bundle of certificate authorities in PEM. libcurl reads it by its path; a reload compares its content.
package struct CertificateFile: Hashable, Sendable {
    /// The path of the file.
    package let path: String
    /// A number for the bytes of the file, within one process.
    private let fingerprint: Int

    fileprivate init(_ path: String, _ bytes: [UInt8]) throws(Invalid) {
        guard String(decoding: bytes, as: UTF8.self).contains("-----BEGIN CERTIFICATE-----") else {
            throw Invalid("the file has no certificate in PEM; write the path of a CA bundle")
        }
        self.path = path
        fingerprint = bytes.hashValue
    }
}

extension Settings {
    /// Where tokens come from, and how it is reached.
    package struct Upstream: Sendable {
        /// The API keys in the order in which they are tried; empty with the sandbox and never without.
        package let keys: [Secret]
        /// Without a slash at the end.
        package let baseURL: ServerURL
        /// `OpenAI-Organization`; nil for that of the key.
        package let organization: String?
        /// `OpenAI-Project`; nil for that of the key.
        package let project: String?
        /// How the key is sent.
        package let authHeader: UpstreamAuthHeader
        /// Where browsers are sent; nil for what the base URL and the kind of session imply.
        package let callsURL: String?
        /// The salt of the names by which OpenAI can tell callers apart.
        package let safetySalt: SafetySalt
        /// For a mint with all its retries.
        package let timeout: Duration
        /// For one connection; at most `timeout`.
        package let connectTimeout: Duration
        /// HTTP/1.1 by default.
        package let httpVersion: UpstreamHTTPVersion
        /// The authorities of `UPSTREAM_CA_FILE`; nil for the system's bundle.
        package let authorities: CertificateFile?
        /// Nil for none: proxies that the environment names do not count.
        package let proxy: ServerURL?
        /// Whether the trace that a trusted proxy names is passed on.
        package let passesTrace: Bool

        /// - Parameters:
        ///   - isSandbox: whether no key is needed. None is read then, so that the stand-in never gets a real one.
        ///   - environment: has systemd's directories (systemd.exec(5)): `CREDENTIALS_DIRECTORY` of `LoadCredential=`, and
        ///     `STATE_DIRECTORY`, whose directories have colons between them.
        init(_ reader: inout SettingsReader, isSandbox: Bool, environment: [String: String]) {
            keys = isSandbox ? [] : reader.apiKeys(environment)
            baseURL = reader.baseURL()
            organization = reader.readIfSet(.organization, Upstream.identifier)
            project = reader.readIfSet(.project, Upstream.identifier)
            authHeader = reader.choice(.authHeader)
            if !isSandbox, !reader.isWrong(.baseURL, .authHeader) {
                reader.checkForm(of: baseURL, authHeader, keys: keys)
            }
            callsURL = reader.readIfSet(.callsURL) { text throws(Invalid) in
                try ServerURL(parsing: text, as: .complete).description
            }
            safetySalt = reader.safetySalt(environment)
            (timeout, connectTimeout) = reader.timeouts()
            httpVersion = reader.choice(.upstreamHTTP)
            authorities = reader.certificates(.upstreamCAFile)
            proxy =
                reader.readIfSet(.upstreamProxy) { text throws(Invalid) -> ServerURL? in
                    text == "none" ? nil : try ServerURL(parsing: text, as: .proxy)
                } ?? nil
            passesTrace = reader.bool(.upstreamTrace)
        }

        /// An identifier goes into a header field; OpenAI's are letters, digits, `-` and `_`.
        private static func identifier(_ text: String) throws(Invalid) -> String {
            let isRight = text.utf8.allSatisfy { $0.isLetter || $0.isDigit || "-_".utf8.contains($0) }
            guard isRight, (1...128).contains(text.utf8.count) else {
                throw Invalid("write 1 to 128 letters, digits, - and _")
            }
            return text
        }
    }
}

extension SettingsReader {
    /// The bundle that a setting names; nil for the system's.
    mutating func certificates(_ setting: Setting) -> CertificateFile? {
        let path = self[setting]?.text ?? ""
        return readFileIfSet(setting, limit: 16 << 20) { bytes throws(Invalid) in
            try CertificateFile(path, bytes)
        }
    }

    fileprivate mutating func timeouts() -> (total: Duration, connect: Duration) {
        let total = duration(.upstreamTimeout, in: .milliseconds(100) ... .seconds(300))
        let connect = duration(.upstreamConnectTimeout, in: .milliseconds(50) ... .seconds(300))
        // The default is lowered to a shorter total; a value that somebody wrote is not.
        if self[.upstreamConnectTimeout] == nil { return (total, min(connect, total)) }
        if connect > total, !isWrong(.upstreamTimeout) {
            refuse(
                .upstreamConnectTimeout,
                "connecting (\(connect.inSettings)) would take longer than all of it (\(total.inSettings)); "
                    + "write UPSTREAM_CONNECT_TIMEOUT at most UPSTREAM_TIMEOUT")
        }
        return (total, connect)
    }
}
