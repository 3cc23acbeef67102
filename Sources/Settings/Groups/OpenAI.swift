package import EphemeraldCore
import FoundationEssentials
import System
package import Text

extension Setting {
    package static let apiKey = Setting(
        "OPENAI_API_KEY", .text, .none, "KEY", .reload, isSecret: true,
        "The standard API key. It is a secret, so it has no flag; prefer OPENAI_API_KEY_FILE.")
    package static let apiKeyFile = Setting(
        "OPENAI_API_KEY_FILE", .text, .computed("openai_api_key in $CREDENTIALS_DIRECTORY"), "FILE", .reload,
        file: .secret,
        "A file with one API key a line, tried in order. Anyone who can read it can spend the account's money.")
    package static let baseURL = Setting(
        "OPENAI_BASE_URL", .text, .value("https://api.openai.com/v1"), "URL", .reload,
        "Where tokens are minted. That server gets the API key. http only on loopback.")
    package static let organization = Setting(
        "OPENAI_ORG_ID", .text, .none, "ID", .reload, "The organization to charge, as OpenAI-Organization.")
    package static let project = Setting(
        "OPENAI_PROJECT_ID", .text, .none, "ID", .reload, "The project to charge, as OpenAI-Project.")
    package static let authHeader = Setting(
        "OPENAI_AUTH_HEADER", .text, .value("Authorization"), "NAME", .reload,
        "The field that carries the API key: Authorization, or api-key for Azure OpenAI.")
    package static let callsURL = Setting(
        "CALLS_URL", .text, .computed("OPENAI_BASE_URL + /realtime/calls"), "URL", .reload,
        "Where browsers are sent with their token. That server hears the conversation.")
    package static let safetySalt = Setting(
        "SAFETY_SALT", .text, .none, "TEXT", .reload, isSecret: true,
        "The salt of SAFETY_SALT_FILE itself, for a platform without files. It is a secret, so it has no flag.")
    package static let safetySaltFile = Setting(
        "SAFETY_SALT_FILE", .text, .computed("safety_salt in $STATE_DIRECTORY"), "FILE", .reload, file: .secret,
        "The salt, 16 bytes or more, of the identifiers by which OpenAI tells callers apart. Anyone who can read it can "
            + "find out whose an identifier is.")
}

extension Setting.Group {
    static let openAI = Self(
        "OpenAI",
        [.apiKey, .apiKeyFile, .baseURL, .organization, .project, .authHeader, .callsURL, .safetySalt, .safetySaltFile])
}

/// The header field that carries the API key.
package enum UpstreamAuthHeader: String, CaseIterable, Sendable {
    /// `Authorization: Bearer KEY`.
    case authorization = "Authorization"
    /// `api-key: KEY`, as Azure OpenAI expects it.
    case apiKey = "api-key"
}

/// The origin of the salt of safety identifiers.
package enum SafetySalt: Hashable, Sendable {
    /// `SAFETY_SALT`, or the file of `SAFETY_SALT_FILE`, which exists.
    case kept(SafetyIdentifier)
    /// A file that the first start creates and later ones read.
    case made(path: String)
    /// No file: the identifiers change with every restart.
    case ofThisProcess

    /// Reads a salt that is kept in a file.
    package static func read(_ path: String) throws(Invalid) -> SafetyIdentifier {
        try parse(InputFile.contents(of: path, limit: 4096))
    }

    fileprivate static func parse(_ salt: [UInt8]) throws(Invalid) -> SafetyIdentifier {
        guard salt.count >= 16 else {
            throw Invalid("the salt has \(salt.count) bytes; 16 are needed, such as head -c 32 /dev/urandom gives")
        }
        return SafetyIdentifier(salt: salt)
    }
}

extension SettingsReader {
    /// The address where tokens are minted.
    mutating func baseURL() -> ServerURL {
        read(.baseURL) { text throws(Invalid) in try ServerURL(parsing: text, as: .base) }
    }

    /// The salt of safety identifiers.
    mutating func safetySalt(_ environment: [String: String]) -> SafetySalt {
        if self[.safetySalt] != nil {
            warnIfInReadableFile(.safetySalt)
            if self[.safetySaltFile] != nil {
                refuse(.safetySaltFile, "SAFETY_SALT is set as well, and one would hide the other; remove one")
            }
            let salt = readIfSet(.safetySalt) { text throws(Invalid) in
                SafetySalt.kept(try SafetySalt.parse(Array(text.utf8)))
            }
            return salt ?? .ofThisProcess
        }
        let kept = readFileIfSet(.safetySaltFile, limit: 4096) { bytes throws(Invalid) in
            SafetySalt.kept(try SafetySalt.parse(bytes))
        }
        let directory = environment["STATE_DIRECTORY"]?.split(separator: ":").first
        return kept ?? directory.map { .made(path: "\($0)/safety_salt") } ?? .ofThisProcess
    }

    /// The API keys: of `OPENAI_API_KEY`, of the file that `OPENAI_API_KEY_FILE` names, or of systemd's credential
    /// `openai_api_key` when neither is set.
    mutating func apiKeys(_ environment: [String: String]) -> [Secret] {
        switch (self[.apiKey], self[.apiKeyFile]) {
        case (.some(let key), nil):
            warnIfInReadableFile(.apiKey)
            // An array of keys in the file has one line for each.
            let isLines = if case .file = key.source { true } else { false }
            return readIfSet(.apiKey) { text throws(Invalid) in
                isLines ? try APIKeys.parse(lines: Array(text.utf8)) : [try APIKeys.parse(one: text)]
            } ?? []
        case (nil, .some):
            return readFileIfSet(
                .apiKeyFile, limit: APIKeys.largestFile,
                check: { path throws(Invalid) in
                    guard path.looksLikeKey else { return }
                    throw Invalid(
                        "this looks like a key; write the path of a file with the key in it", isHidden: true)
                }, APIKeys.parse(lines:)
            ) ?? []
        case (.some, .some):
            refuse(.apiKeyFile, "OPENAI_API_KEY is set as well, and one would hide the other; remove one")
            return []
        case (nil, nil):
            return credentialKeys(environment)
        }
    }

    /// The file of systemd's credential; nil without a directory of credentials.
    static func keyCredential(_ environment: [String: String]) -> String? {
        environment["CREDENTIALS_DIRECTORY"].flatMap { $0.isEmpty ? nil : "\($0)/openai_api_key" }
    }

    private mutating func credentialKeys(_ environment: [String: String]) -> [Secret] {
        guard let path = SettingsReader.keyCredential(environment), FileManager.default.fileExists(atPath: path) else {
            refuse(.apiKey, "no key is set; name a file with --openai-api-key-file, or try --sandbox, which needs none")
            return []
        }
        do throws(Invalid) {
            let file = try InputFile(path, limit: APIKeys.largestFile, pipes: pipes)
            let keys = try APIKeys.parse(lines: file.contents)
            warnAboutOthers(.apiKeyFile, path, file.permissions, .secret)
            warnAboutMount(.apiKeyFile, path)
            return keys
        } catch {
            refuse(.apiKeyFile, "\(path): \(error.reason)")
            return []
        }
    }
}

/// The API keys of a text, one a line, in the order in which they are tried.
private enum APIKeys {
    /// Bytes of a file of keys.
    static let largestFile = 64 << 10

    /// Reads the keys of a file. Empty lines and line ends in the style of Windows are allowed.
    static func parse(lines text: [UInt8]) throws(Invalid) -> [Secret] {
        var keys: [Secret] = []
        for (index, line) in text.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let bytes = line.last == 0x0D ? line.dropLast() : line
            guard !bytes.isEmpty else { continue }
            keys.append(try parse(bytes, at: "line \(index + 1)"))
        }
        guard !keys.isEmpty else { throw Invalid("it contains no key; write one a line") }
        return keys
    }

    /// Reads one key.
    static func parse(one text: String) throws(Invalid) -> Secret {
        try parse(Array(text.utf8)[...], at: "the key")
    }

    /// A key goes into a header field, so it is visible ASCII only (RFC 9110 section 5.5).
    private static func parse(_ bytes: ArraySlice<UInt8>, at place: String) throws(Invalid) -> Secret {
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Invalid(
                "\(place) has a space, a control character or a letter beyond ASCII; write only the key",
                isHidden: true)
        }
        guard let first = bytes.first, !"\"'".utf8.contains(first), !bytes.starts(with: "OPENAI_API_KEY=".utf8) else {
            throw Invalid("\(place) has quotes around it or a name before it; write only the key", isHidden: true)
        }
        guard (8...1024).contains(bytes.count) else {
            throw Invalid("\(place) has \(bytes.count) characters; write the whole key", isHidden: true)
        }
        return Secret(String(decoding: bytes, as: UTF8.self))
    }
}
