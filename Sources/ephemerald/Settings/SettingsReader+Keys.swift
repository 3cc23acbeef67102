import EphemeraldCore
import FoundationEssentials
import Text

extension SettingsReader {
    /// The API keys: of `OPENAI_API_KEY`, of the file that `OPENAI_API_KEY_FILE` names, or of systemd's credential
    /// `openai_api_key` when neither is set.
    mutating func keys(credentials: String?) -> [Secret]? {
        switch (self[.apiKey], self[.apiKeyFile]) {
        case (.some(let key), nil):
            return keys(setAs: key)
        case (nil, .some):
            return readIfSet(.apiKeyFile, SettingsReader.keys(inFile:)).flatMap { keys in
                if let path = self[.apiKeyFile]?.text { warnOfReaders(.apiKeyFile, of: path) }
                return keys
            }
        case (.some, .some):
            refuse(.apiKeyFile, "OPENAI_API_KEY is set as well, and one would hide the other; leave one out")
            return nil
        case (nil, nil):
            return keys(inCredentials: credentials)
        }
    }

    /// The file of systemd's credential.
    static func keyCredential(in directory: String) -> String {
        "\(directory)/openai_api_key"
    }

    private mutating func keys(setAs value: SettingValue) -> [Secret]? {
        if case .file(let path) = value.source { warnOfReaders(.config, of: path) }
        return readIfSet(.apiKey) { text throws(InvalidValue) in
            // An array of keys in the file comes with a line for each.
            if case .file = value.source { return try APIKeys.parse(lines: Array(text.utf8)) }
            return [try APIKeys.parse(one: text)]
        }.flatMap { $0 }
    }

    private mutating func keys(inCredentials directory: String?) -> [Secret]? {
        let path = directory.flatMap { $0.isEmpty ? nil : SettingsReader.keyCredential(in: $0) }
        guard let path, FileManager.default.fileExists(atPath: path) else {
            refuse(.apiKey, "no key is set; name a file with --openai-api-key-file, or try --sandbox, which needs none")
            return nil
        }
        do throws(InvalidValue) {
            let keys = try SettingsReader.keys(inFile: path)
            warnOfReaders(.apiKeyFile, of: path)
            return keys
        } catch {
            refuse(.apiKeyFile, "\(path): \(error.reason)")
            return nil
        }
    }

    private static func keys(inFile path: String) throws(InvalidValue) -> [Secret] {
        guard !path.looksLikeKey else {
            throw InvalidValue("this looks like a key; write the path of a file with the key in it", isHidden: true)
        }
        return try APIKeys.parse(lines: InputFile.contents(of: path, limit: 64 << 10))
    }
}
