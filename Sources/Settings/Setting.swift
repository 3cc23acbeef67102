import Sessions

/// A row of the table of settings: all that is known about a setting before anyone sets it.
///
/// Flags, keys of the `--config` file, `--help`, suggestions and the table of deploy/settings.md come from it. The rows are
/// beside the code that reads them, one file for each group.
package struct Setting: Hashable, Sendable, CustomStringConvertible {
    /// How a `--config` file may write the value, apart from a string.
    package enum Kind: Sendable {
        /// Only as a string.
        case text
        /// As a number.
        case number
        /// As true or false. The flag needs no value.
        case boolean
        /// As an array of strings. In a string, commas separate the entries.
        case list
    }

    /// The value of a setting that nobody sets.
    package enum Default: Sendable {
        /// A value, as it would be written.
        case value(String)
        /// A value that depends on something else, described for `--help`.
        case computed(String)
        /// No value.
        case none
    }

    /// When a change takes effect.
    package enum Change: Sendable {
        /// With a reload.
        case reload
        /// With the next start: sockets, threads and streams are opened once.
        case restart
    }

    /// The file that a setting names and every reload reads.
    package enum File: Sendable {
        /// It holds a secret: other users should not read it.
        case secret
        /// It decides who may call or what is spent: other users should not write it.
        case authority
        /// It may be read and written by anyone.
        case open
    }

    /// The name of the environment variable.
    package let name: String
    /// How a `--config` file may write the value.
    package let kind: Kind
    /// The value when nobody sets it.
    package let fallback: Default
    /// The placeholder for a value in `--help`.
    package let placeholder: String
    /// When a change takes effect.
    package let change: Change
    /// The kind of file that it names; nil for a setting that does not name one that a reload reads.
    package let file: File?
    /// Whether the value is a secret. A secret has no flag: the process list shows flags to every user.
    package let isSecret: Bool
    /// One or two sentences: what it is, and who is trusted because of it.
    package let help: String

    init(
        _ name: String, _ kind: Kind, _ fallback: Default, _ placeholder: String, _ change: Change,
        file: File? = nil, isSecret: Bool = false, _ help: String
    ) {
        self.name = name
        self.kind = kind
        self.fallback = fallback
        self.placeholder = placeholder
        self.change = change
        self.file = file
        self.isSecret = isSecret
        self.help = help
    }

    /// The key in the `--config` file: the name in lower case with dashes.
    package var key: String { String(name.lowercased().map { $0 == "_" ? "-" : $0 }) }

    /// The flag on the command line.
    package var flag: String { "--\(key)" }

    /// The name.
    package var description: String { name }

    /// The default as `--help` and deploy/settings.md write it.
    package var defaultText: String {
        switch fallback {
        case .value(let text), .computed(let text): text
        case .none: "none"
        }
    }

    /// Names are unique.
    package static func == (left: Setting, right: Setting) -> Bool { left.name == right.name }

    /// Names are unique.
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Setting {
    /// Settings under one heading of `--help`.
    package struct Group: Sendable {
        /// The heading.
        package let title: String
        /// In the order of `--help` and deploy/settings.md.
        package let settings: [Setting]

        init(_ title: String, _ settings: [Setting]) {
            self.title = title
            self.settings = settings
        }
    }

    /// The whole table.
    package static let groups: [Group] = [
        .sources, .listening, .access, .limits, .openAI, .upstream, .output, .telemetry, .sandbox,
    ]

    /// Every setting, in the order of the table.
    package static let all = groups.flatMap(\.settings)

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
    private static let byKey = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0) })

    /// The setting of an environment variable.
    package static func named(_ name: String) -> Setting? { byName[name] }

    /// The setting of a key in the `--config` file.
    package static func withKey(_ key: some StringProtocol) -> Setting? { byKey[String(key)] }

    /// The setting of a flag, with its dashes.
    package static func withFlag(_ flag: some StringProtocol) -> Setting? {
        flag.hasPrefix("--") ? withKey(flag.dropFirst(2)) : nil
    }

    /// The setting that was meant by a flag or key that does not exist; nil when none is similar. A secret is never
    /// suggested, because it may not be written everywhere.
    static func nearest(toKey key: String) -> Setting? {
        let spelled = String(key.lowercased().map { $0 == "_" ? "-" : $0 })
        // With dashes in front, so that two letters of a short name may be exchanged.
        let flags = all.filter { !$0.isSecret }.map(\.flag)
        return "--\(spelled)".nearest(in: flags).flatMap { withFlag($0) }
    }

    /// The setting that names a file with this secret in it.
    var fileSetting: Setting? {
        guard isSecret else { return nil }
        return self == .jwtSecret ? .jwtKeys : Setting.named("\(name)_FILE")
    }
}
