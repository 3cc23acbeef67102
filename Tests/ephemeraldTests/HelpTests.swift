import OpenAISandbox
import Settings
import Testing
import ephemerald

@Suite struct `The help` {
    @Test(arguments: Setting.all)
    func `lists every setting with its default`(setting: Setting) {
        let words = HelpText.settings.split { $0.isWhitespace }.joined(separator: " ")
        let head = setting.isSecret ? "\(setting.name) (no flag)" : "\(setting.flag) \(setting.placeholder)"
        #expect(words.contains("\(head) \(setting.help) Default: \(setting.defaultText)."))
    }

    @Test(arguments: Outcome.allCases)
    func `lists every exit code`(outcome: Outcome) {
        let words = HelpText.common.split { $0.isWhitespace }.joined(separator: " ")
        #expect(words.contains("\(outcome.rawValue) \(outcome.meaning)"))
    }

    @Test(arguments: [HelpText.settings, HelpText.common])
    func `fits a terminal of 80 columns`(text: String) {
        #expect(text.split(separator: "\n").allSatisfy { $0.count < 80 })
    }

    @Test func `begins with a dozen settings`() {
        let heads = HelpText.common.split(separator: "\n").filter { $0.hasPrefix("  --") || $0.hasSuffix("(no flag)") }
        #expect(heads.count == 12 && Set(HelpText.commonSettings).count == 12)
    }

    @Test func `is a sentence for every setting`() {
        for setting in Setting.all { #expect(setting.help.hasSuffix("."), "\(setting)") }
    }

    @Test func `names the libraries beside the version`() {
        let line = Version.line(
            curl: "libcurl/7.88.1 OpenSSL/3.0.17 zlib/1.2.13", microHTTPD: "0.9.75", hiredis: "0.14.1", zlib: "1.2.13")
        let libraries = "libcurl 7.88.1 OpenSSL/3.0.17, libmicrohttpd 0.9.75, hiredis 0.14.1, zlib 1.2.13"
        #expect(line == "ephemerald 0.1.0 (\(libraries))")
    }

    @Test func `names every fault of the sandbox`() {
        for name in Fault.names { #expect(Setting.sandboxFault.help.contains(name)) }
    }
}
