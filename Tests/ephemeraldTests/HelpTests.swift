import Testing
import ephemerald

@Suite struct `The help` {
    @Test(arguments: Setting.allCases)
    func `lists every setting with its default`(setting: Setting) {
        let words = HelpText.discussion.split { $0.isWhitespace }.joined(separator: " ")
        let head = setting.isSecret ? "\(setting.name) (no flag)" : "\(setting.flag) \(setting.row.placeholder)"
        #expect(words.contains("\(head) \(setting.row.help) Default: \(setting.row.defaultInWords)."))
    }

    @Test(arguments: Outcome.allCases)
    func `lists every exit code`(outcome: Outcome) {
        let words = HelpText.discussion.split { $0.isWhitespace }.joined(separator: " ")
        #expect(words.contains("\(outcome.rawValue) \(outcome.meaning)"))
    }

    @Test func `fits a terminal of 80 columns`() {
        #expect(HelpText.discussion.split(separator: "\n").allSatisfy { $0.count < 80 })
    }

    @Test func `is a sentence for every setting`() {
        for setting in Setting.allCases { #expect(setting.row.help.hasSuffix("."), "\(setting)") }
    }

    @Test func `names the libraries beside the version`() {
        #expect(
            Version.line(libraries: ["libcurl 8", "libmicrohttpd 1"]) == "ephemerald 0.1.0 (libcurl 8, libmicrohttpd 1)"
        )
    }
}
