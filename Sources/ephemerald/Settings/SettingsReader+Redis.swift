import Redis

extension SettingsReader {
    /// Where several processes count together; nil inside for the memory of this one.
    mutating func redis() -> Settings.Redis?? {
        let down = read(.redisDown) { text throws(InvalidValue) in try Choice.parse(text, as: RedisDown.self) }
        let caFile = readIfSet(.redisCAFile) { path throws(InvalidValue) in try CertificateFile(path).path }
        let address: RedisAddress??
        switch (self[.redisURL], self[.redisURLFile]) {
        case (.some, .some):
            refuse(.redisURLFile, "REDIS_URL is set as well, and one would hide the other; leave one out")
            return nil
        case (nil, .some):
            address = readIfSet(.redisURLFile, SettingsReader.redisURL(inFile:))
            if case .some(.some) = address, let path = self[.redisURLFile]?.text {
                warnOfReaders(.redisURLFile, of: path)
            }
        default:
            address = readIfSet(.redisURL, RedisURL.parse)
            if case .file(let path)? = self[.redisURL]?.source { warnOfReaders(.config, of: path) }
        }
        guard let down, let caFile, let address else { return nil }
        guard var address else {
            for setting in [Setting.redisDown, .redisCAFile] where self[setting] != nil {
                warn(setting, "has no effect without REDIS_URL")
            }
            return .some(nil)
        }
        if caFile != nil, !address.isTLS { warn(.redisCAFile, "has no effect unless REDIS_URL begins with rediss://") }
        address.caFile = caFile
        return .some(Settings.Redis(address: address, down: down))
    }

    private static func redisURL(inFile path: String) throws(InvalidValue) -> RedisAddress {
        guard !path.contains("://") else {
            throw InvalidValue("this looks like a URL; write the path of a file with the URL in it", isHidden: true)
        }
        let lines = try InputFile.contents(of: path, limit: 4096).split { $0 == 0x0A || $0 == 0x0D }
        guard lines.count == 1 else { throw InvalidValue("one line is wanted, with the URL") }
        return try RedisURL.parse(String(decoding: lines[0], as: UTF8.self))
    }
}
