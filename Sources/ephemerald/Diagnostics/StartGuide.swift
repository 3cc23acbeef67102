import EphemeraldCore
import HTTP
import Sessions
import Settings
package import System
import Text

/// The lines on a terminal after the line of the start: the page to open, a command to try, and where to read on.
package struct StartGuide {
    /// The lines, without a time in front.
    package let lines: [String]

    /// The number of names that fit in one line.
    private static let longestList = 6

    /// - Parameters:
    ///   - address: where the daemon listens.
    ///   - program: the name that the program was called by.
    package init(_ configuration: Configuration, at address: ListeningAddress, program: String) {
        let settings = configuration.settings
        let place = Place(address, allowed: settings.access.allowedOrigins)
        let sessions = configuration.sessions.catalog.sessions
        let program = program.shellQuoted
        var fields: [(String, String)] = []
        if let page = place.page {
            fields.append(("page", settings.isDemo ? page : "off; \(Setting.demo.flag) true serves one"))
        }
        fields.append(("token", StartGuide.curl(place, settings.access, sessions: sessions)))
        let log = settings.output.usageLog
        fields.append(
            (
                "usage",
                log == .standardOutput
                    ? "one line for each request on standard output; to count them, name a file with --usage-log"
                    : "\(program) usage --log \(log.description.shellQuoted)"
            ))
        fields.append(("more", "\(program) settings, README.md, deploy/README.md; Ctrl-C ends the daemon"))
        let keys = settings.upstream.keys.count
        fields.append(
            (
                "OpenAI",
                settings.sandbox != nil
                    ? StartGuide.sandbox(settings)
                    : "\(settings.upstream.baseURL) with \(keys == 1 ? "one key" : "\(keys) keys")"
            ))
        let files = settings.sessionFiles
        let directory = files.directory + (files.text != nil || files.directory.hasSuffix("/") ? "" : "/")
        fields.append(("sessions", "\(StartGuide.list(sessions.map(\.name))) in \(directory)"))
        fields.append(("origins", StartGuide.list(settings.access.allowedOrigins.map { "\($0)" })))
        lines = fields.map { name, text in
            "  \(name)\(String(repeating: " ", count: 10 - name.count))\(text.withoutControls)"
        }
    }

    /// How to leave the sandbox. The demo page is off without it unless `DEMO` is set.
    private static func sandbox(_ settings: Settings) -> String {
        let hasKey = [Setting.apiKey, .apiKeyFile].contains { settings.written.contains($0) }
        let key = hasKey ? "" : "set OPENAI_API_KEY and "
        let page = settings.written.contains(.demo) ? "" : "; \(Setting.demo.flag) true keeps the page"
        return "replaced by the built-in sandbox; \(key)omit --sandbox for the real one\(page)"
    }

    /// The command that gets a token, without any secret.
    private static func curl(_ place: Place, _ access: Settings.Access, sessions: [Session]) -> String {
        guard access.auth != [.proxy] else { return "only through the proxy that names the user (AUTH=proxy)" }
        let session = sessions.first { $0.name == "default" } ?? sessions.first
        let origin = (session?.access.origins?.first ?? access.allowedOrigins.first).map(example)
        var command = ["curl", "-X", "POST"]
        if let origin { command.append("-H 'Origin: \(origin)'") }
        // The reader's shell inserts the key.
        if !access.auth.isDisjoint(with: [.bearer, .jwt]) { command.append("-H \"Authorization: Bearer $KEY\"") }
        if let path = place.socket { command.append("--unix-socket \(path.shellQuoted)") }
        let query = session.map { $0.name == "default" ? "" : "?session=\($0.name)" } ?? ""
        command.append("\(place.base)\(TokenService.tokenPath)\(query)".shellQuoted)
        return command.joined(separator: " ")
    }

    /// An origin that matches the pattern.
    private static func example(of pattern: OriginPattern) -> String {
        // Only the star of a port can be the last character.
        "\(pattern)".replacing(":*", with: ":3000").replacing("*", with: "www")
    }

    private static func list(_ names: [String]) -> String {
        if names.isEmpty { return "none" }
        let more = names.count - longestList
        return names.prefix(longestList).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }

    /// The address as a browser or curl on this machine writes it.
    private struct Place {
        /// Without a slash at the end.
        let base: String
        /// The path of a unix socket.
        var socket: String?
        /// The demo page, and the reason if it cannot get tokens.
        var page: String?

        init(_ address: ListeningAddress, allowed: [OriginPattern]) {
            guard case .tcp(let host, let port) = address else {
                base = "http://localhost"
                if case .unix(let path) = address { socket = path }
                return
            }
            // Browsers allow the microphone to pages of loopback names without TLS.
            let isHere = ["0.0.0.0", "::", "127.0.0.1", "localhost"].contains(host)
            let names = isHere ? ["localhost", "127.0.0.1"] : [host.contains(":") ? "[\(host)]" : host]
            let places = names.map { port == 80 ? "http://\($0)" : "http://\($0):\(port)" }
            let isAllowed = { (place: String) in
                Origin(place).map { origin in allowed.contains { $0.matches(origin) } } ?? false
            }
            base = places.first(where: isAllowed) ?? places[0]
            page = isAllowed(base) ? "\(base)/" : "\(base)/ (it gets no token: \(base) is not in ALLOWED_ORIGINS)"
        }
    }
}

extension String {
    /// The text as one word of a shell.
    fileprivate var shellQuoted: String {
        let isPlain = utf8.allSatisfy { byte in
            byte.isLetter || byte.isDigit || "_-./:@%+,".utf8.contains(byte)
        }
        return isPlain && !isEmpty ? self : "'\(replacing("'", with: "'\\''"))'"
    }
}
