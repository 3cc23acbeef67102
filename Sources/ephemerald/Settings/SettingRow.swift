/// What the table says about a setting.
package struct SettingRow: Sendable {
    /// The heading it stands under in `--help`.
    package enum Group: String, CaseIterable, Sendable {
        case sources = "Sources"
        case listening = "Listening"
        case access = "Who may ask"
        case limits = "Limits"
        case openAI = "OpenAI"
        case upstream = "The way to OpenAI"
        case output = "Output"
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

    package let group: Group
    package let kind: Kind
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

    /// The default as `--help` and the README write it.
    package var defaultInWords: String {
        switch fallback {
        case .value(let text): text
        case .computed(let words): words
        case .none: "none"
        }
    }
}
