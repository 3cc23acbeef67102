import Settings
import Testing
import ephemerald

@Suite struct `The command line` {
    @Test(
        arguments: [
            (["--prot", "1"], ["unknown flag \"--prot\"", "did you mean --port?"]),
            (["--allowed_origins=x"], ["did you mean --allowed-origins?"]), (["--PORT=1"], ["did you mean --port?"]),
            (["--qqqqqq"], ["unknown flag", "ephemerald settings"]), (["-p", "1"], ["unknown flag \"-p\""]),
            (["--port"], ["--port needs a value: --port NUMBER"]), (["--port", "--sandbox"], ["--port needs a value"]),
            (["--port="], ["empty value"]), (["--host", ""], ["empty value"]),
            (["--port", "1", "--port=2"], ["given twice"]), (["--auth", "none", "--auth", "none"], ["with commas"]),
            (["--sandbox", "mint"], ["ephemerald mint"]),
            (["chekc"], ["\"chekc\" is neither a command", "did you mean check?"]),
            (["servce"], ["did you mean serve?"]), (["helthcheck"], ["did you mean healthcheck?"]),
            (["shops"], ["neither a command nor a flag", "serve, check", "--port 3001"]),
            (["/usr/share"], ["not a flag", "--sessions-dir"]), (["--demo", "yes"], ["--demo accepts true or false"]),
            (["--sandbox", "defualt"], ["--sandbox accepts true or false"]),
            (["--watch", "sk-canary"], ["true or false"]),
            (["--"], ["is not a flag"]), (["/etc/ephemerald.json"], ["is not a flag"]),
            (["--openai-api-key", "sk-canary"], ["not accepted", "OPENAI_API_KEY_FILE"]),
            (["--openai-api-key=sk-canary"], ["not accepted", "OPENAI_API_KEY_FILE"]),
        ] as [([String], [String])])
    func `is refused with the right word named`(arguments: [String], words: [String]) {
        let found = problems(arguments)
        #expect(isUsageError(arguments))
        #expect(found.count == 1, "\(found)")
        for word in words { #expect(found.first?.contains(word) == true, "\(found)") }
        #expect(found.allSatisfy { !$0.contains("canary") })
    }

    @Test(
        arguments: [
            (["help", "setting"], "did you mean settings?"), (["help", "moon"], "the commands are serve, check"),
            (["help", "check"], nil), (["help"], nil), (["help", "--version"], nil), (["chekc"], nil),
        ] as [([String], String?)])
    func `has help for commands only`(arguments: [String], words: String?) {
        let mistake = CommandName.mistake(in: arguments)
        #expect((mistake == nil) == (words == nil))
        if let words { #expect(mistake?.contains(words) == true, "\(mistake ?? "")") }
    }

    @Test func `is refused with all its errors at once`() {
        #expect(problems(["--prot", "1", "--openai-api-key", "x", "--host"]).count == 3)
    }

    @Test(arguments: ["-", "-5"])
    func `accepts a value that begins with one dash`(value: String) throws {
        let log = try settings("--usage-log", value).output.usageLog
        #expect(log == (value == "-" ? .standardOutput : .file(path: value)))
    }

    @Test(arguments: Setting.all.filter { !$0.isSecret })
    func `knows a flag for every setting that is no secret`(setting: Setting) {
        #expect(Setting.withFlag(setting.flag) == setting)
        #expect(setting.flag.dropFirst(2).uppercased().map { $0 == "-" ? "_" : $0 } == Array(setting.name))
    }
}
