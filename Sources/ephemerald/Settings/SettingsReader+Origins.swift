import HTTP
import Text

extension SettingsReader {
    /// The value of `ALLOW_SHARED_SUFFIXES`; nil when it is wrong.
    mutating func allowsSharedSuffixes() -> Bool? {
        read(.allowSharedSuffixes) { text throws(InvalidValue) in try Bool(parsingSetting: text) }
    }

    /// The entries of `ALLOWED_ORIGINS`, or the pages of this machine when it is not set; nil when an entry is wrong.
    /// - Parameter allowsSharedSuffixes: nil when the setting is wrong, which is a problem of its own.
    mutating func allowedOrigins(allowsSharedSuffixes: Bool?) -> [OriginPattern]? {
        let read = readListIfSet(.allowedOrigins) { text throws(InvalidValue) in
            do throws(Invalid) {
                return try OriginPattern(parsing: text, allowsSharedSuffixes: allowsSharedSuffixes ?? true)
            } catch {
                throw InvalidValue(error.reason)
            }
        }
        guard let read else { return nil }
        guard let origins = read else { return SettingsReader.loopbackOrigins }
        let listed = Set(origins)
        for origin in origins where origin.isPlainHTTPBeyondLoopback {
            var words = "\(origin) is not encrypted: anyone on the way can change the page and ask as it"
            if let secure = origin.underOtherScheme, !listed.contains(secure) {
                words += "; \(secure) is a different origin, and is not on the list"
            }
            warn(.allowedOrigins, words)
        }
        for origin in origins where origin.isUnderSharedSuffix && allowsSharedSuffixes == false {
            warn(
                .allowedOrigins,
                "\(origin) admits every page whose name fits, and anyone can register a name there: make sure that "
                    + "the platform keeps this ending for your team")
        }
        return origins
    }

    /// The value of `ALLOW_CREDENTIALS`, which is refused beside an entry that admits several origins: a page that
    /// nobody named could then ask with the cookies of the user. Nil when it is wrong.
    mutating func allowsCredentials(to origins: [OriginPattern]?) -> Bool? {
        let isAllowed = read(.allowCredentials) { text throws(InvalidValue) in try Bool(parsingSetting: text) }
        guard isAllowed == true, let pattern = origins?.first(where: { $0.exactOrigin == nil }) else {
            return isAllowed
        }
        let place = self[.allowedOrigins] == nil ? "which ALLOWED_ORIGINS has by default" : "in ALLOWED_ORIGINS"
        refuse(
            .allowCredentials,
            "cookies need exact origins, and \(pattern), \(place), admits several; write each origin in full")
        return nil
    }

    /// The pages of a developer's own machine, on any port.
    private static var loopbackOrigins: [OriginPattern] {
        ["http://localhost:*", "http://127.0.0.1:*"].compactMap { try? OriginPattern(parsing: $0) }
    }
}
