/// What the table says about a setting.
package struct SettingRow: Sendable {
    /// The heading it stands under in `--help`.
    package enum Group: String, CaseIterable, Sendable {
        /// Where settings are read from.
        case sources = "Sources"
        /// Addresses, loops, and how it stops.
        case listening = "Listening"
        /// Origins, proxies, callers and sessions.
        case access = "Who may ask"
        /// How much, how often, and where it is counted.
        case limits = "Limits"
        /// Keys, and as whom.
        case openAI = "OpenAI"
        /// Times, protocol, certificates, proxy.
        case upstream = "The way to OpenAI"
        /// The usage log and the diagnostics.
        case output = "Output"
        /// The stand-in for OpenAI.
        case sandbox = "Sandbox"
    }

    /// How the value is written in a `--config` file beyond a string.
    package enum Kind: Sendable {
        /// A string.
        case text
        /// A number, or a string.
        case number
        /// True or false; as a flag it may stand without a value.
        case boolean
        /// An array of strings, or a string with commas.
        case list
    }

    /// What holds when nobody sets it.
    package enum Default: Sendable {
        /// A value, as it would be written.
        case value(String)
        /// A value that depends on something else, in words.
        case computed(String)
        /// Nothing.
        case none
    }

    /// Its heading.
    package let group: Group
    /// How a `--config` file may write its value.
    package let kind: Kind
    /// What holds when nobody sets it.
    package let fallback: Default
    /// The word that stands for a value in `--help`.
    package let placeholder: String
    /// One sentence or two: what it is, and who is trusted because of it.
    package let help: String

    init(_ group: Group, _ kind: Kind, _ fallback: Default, _ placeholder: String, _ help: String) {
        self.group = group
        self.kind = kind
        self.fallback = fallback
        self.placeholder = placeholder
        self.help = help
    }

    /// The default as `--help` and deploy/settings.md write it.
    package var defaultInWords: String {
        switch fallback {
        case .value(let text): text
        case .computed(let words): words
        case .none: "none"
        }
    }
}
