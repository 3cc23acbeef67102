package import HTTP
import System
package import Text

/// The address of a server on the web, with a path: https, or http on loopback.
///
/// It is written back in one spelling: scheme and host in lower case, no default port, no slash at the end.
package struct ServerURL: Hashable, Sendable, CustomStringConvertible {
    /// The parts that the URL may have.
    package enum Form: Sendable {
        /// Other paths are appended, so no query.
        case base
        /// It is used unchanged, with a query if there is one.
        case complete
        /// A proxy: plain http is the rule and there is no path.
        case proxy
        /// A collector, usually of the same network: http is allowed. Other paths are appended.
        case collector
        /// What gets one signal of a collector: the same, but it is used unchanged.
        case signal
    }

    /// Scheme, host and port.
    package let origin: Origin
    /// Empty, or a slash and more; with the query of a complete URL.
    package let path: String

    /// - Throws: when the text is not a URL, has http beyond loopback or a password, or a part that the form excludes.
    package init(parsing text: String, as form: Form) throws(Invalid) {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"\\\"<>^`{|}".utf8.contains($0) }) else {
            throw Invalid("a space, a control character or a letter beyond ASCII; write the URL percent-encoded")
        }
        guard let split = text.firstRange(of: "://"), split.upperBound != text.endIndex else {
            throw Invalid("this is not a URL; write one such as https://api.openai.com/v1")
        }
        let scheme = text[..<split.lowerBound].lowercased()
        guard scheme == "https" || scheme == "http" else { throw Invalid("the scheme must be https") }
        let end = text[split.upperBound...].firstIndex { "/?#".contains($0) } ?? text.endIndex
        let authority = text[split.upperBound..<end].lowercased()
        guard !authority.contains("@") else {
            throw Invalid("there is a name or password before the host; remove it", isHidden: true)
        }
        origin = try ServerURL.origin(scheme: scheme, authority: authority)
        path = try ServerURL.path(text[end...], as: form)
        guard scheme == "https" || origin.isLoopback || [.proxy, .collector, .signal].contains(form) else {
            throw Invalid("http is not encrypted; write https (http only for loopback)")
        }
    }

    /// The URL with more of a path.
    func appending(_ more: String) -> ServerURL { ServerURL(origin: origin, path: path + more) }

    private init(origin: Origin, path: String) {
        self.origin = origin
        self.path = path
    }

    /// The URL in one spelling.
    package var description: String { "\(origin)\(path)" }

    private static func origin(scheme: String, authority: String) throws(Invalid) -> Origin {
        let suffix = scheme == "https" ? ":443" : ":80"
        let shortest = authority.hasSuffix(suffix) ? String(authority.dropLast(suffix.count)) : authority
        guard let origin = Origin("\(scheme)://\(shortest)") else {
            throw Invalid("the host or the port is wrong; write them as in https://api.openai.com")
        }
        return origin
    }

    private static func path(_ text: Substring, as form: Form) throws(Invalid) -> String {
        guard !text.contains("#") else {
            throw Invalid("a # and the text after it have no meaning here; remove them")
        }
        if form == .complete, text.contains("?") { return text.hasPrefix("?") ? "/\(text)" : String(text) }
        if form == .signal { return text.isEmpty || text.hasPrefix("?") ? "/\(text)" : String(text) }
        guard !text.contains("?") else {
            let reason = "a query is not allowed here; remove ? and the text after it"
            let isAzure = text.contains("api-version=")
            throw Invalid(
                isAzure
                    ? "\(reason). Azure's v1 interface, https://RESOURCE.openai.azure.com/openai/v1, needs none"
                    : reason)
        }
        var path = text
        while path.hasSuffix("/") { path.removeLast() }
        guard form != .proxy || path.isEmpty else { throw Invalid("a proxy has no path; write http://HOST:PORT") }
        return String(path)
    }
}
