import EphemeraldCore
import JSON
import Settings
import System
import TestTools
import Testing
import ephemerald

@Suite struct `Where a setting comes from` {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test(
        arguments: [
            (flag: "1", variable: "2", file: "3", port: 1), (nil, "2", "3", 2), (nil, nil, "3", 3),
            (nil, nil, nil, 3001),
            ("1", nil, "3", 1), ("1", "2", nil, 1), (nil, "", "3", 3), (nil, "", nil, 3001),
        ] as [(flag: String?, variable: String?, file: String?, port: UInt16)])
    func `is the flag, then the variable, then the file, then the default`(
        flag: String?, variable: String?, file: String?, port: UInt16
    ) throws {
        var arguments = flag.map { ["--port", $0] } ?? []
        if let file { arguments += ["--config", try directory.file("c.json", "{\"port\": \(file)}")] }
        var environment = key
        environment["PORT"] = variable
        let settings = try Settings(arguments: arguments, environment: environment)
        #expect(settings.listening.address == .tcp(host: "127.0.0.1", port: port))
    }

    @Test(arguments: [
        ("LIMIT_CLENT", "LIMIT_CLIENT"), ("ALLOWED_ORIGIN", "ALLOWED_ORIGINS"), ("OPENAI_APIKEY", "OPENAI_API_KEY"),
        ("LIMIT_CLIENT", nil), ("LC_ALL", nil), ("HOSTNAME", nil), ("NOTIFY_SOCKET", nil), ("LOGS_DIRECTORY", nil),
        ("REDIS_PORT_6379_TCP", nil), ("APP_PORT", nil), ("API_HOST", nil),
        ("LOG_LEVE", "LOG_LEVEL"), ("SSL_CERT_FILE", nil),
    ])
    func `causes a warning when a variable is nearly one`(name: String, setting: String?) throws {
        var environment = key
        environment[name] = name == "LIMIT_CLIENT" ? "1/min" : "x"
        let warnings = try Settings(arguments: [], environment: environment).warnings
        let expected = setting.map { ["\(name) (environment) is not a setting; did you mean \($0)?"] } ?? []
        #expect(warnings.filter { $0.contains("did you mean") } == expected)
    }

    @Test(arguments: [["--port", "7"], ["--port=7"]])
    func `may be a flag in either spelling`(arguments: [String]) throws {
        let settings = try Settings(arguments: arguments, environment: key)
        #expect(settings.listening.address == .tcp(host: "127.0.0.1", port: 7))
    }

    @Test(
        arguments: [
            ([], false), (["--sandbox"], true), (["--sandbox=true"], true), (["--sandbox", "true"], true),
            (["--sandbox=false"], false), (["--sandbox", "false"], false), (["--sandbox", "--port", "1"], true),
        ] as [([String], Bool)])
    func `may be a flag without a value when it is true or false`(arguments: [String], isOn: Bool) throws {
        let settings = try Settings(arguments: arguments, environment: key)
        #expect((settings.sandbox != nil) == isOn)
    }

    @Test func `may be a file that a variable names`() throws {
        var environment = key
        environment["CONFIG"] = try directory.file("c.json", "{\"port\": \"8\"}")
        let settings = try Settings(arguments: [], environment: environment)
        #expect(settings.listening.address == .tcp(host: "127.0.0.1", port: 8))
    }

    @Test(arguments: [
        (#"{"allowed-origins": ["https://a.example", "https://b.example"]}"#, 2),
        (#"{"allowed-origins": "https://a.example, https://b.example"}"#, 2),
        (#"{"allowed-origins": ["https://a.example"]}"#, 1), ("{}", 2),
    ])
    func `may be a list in the file, as an array or with commas`(file: String, count: Int) throws {
        let path = try directory.file("c.json", file)
        #expect(try settings("--config", path).access.allowedOrigins.count == count)
    }

    @Test func `may be a number, a truth value or a string in the file`() throws {
        let path = try directory.file(
            "c.json",
            #"{"port": 9, "max-in-flight": 10, "max-body": 2048, "upstream-http": 2, "allow-missing-origin": true, "limit-all": "off"}"#
        )
        let settings = try settings("--config", path)
        #expect(settings.listening.address == .tcp(host: "127.0.0.1", port: 9))
        #expect(settings.limits.maxInFlight == 10)
        #expect(settings.limits.maxBody == 2048)
        #expect(settings.upstream.httpVersion == .http2)
        #expect(settings.access.allowsMissingOrigin)
        #expect(settings.limits.rates.all == nil)
    }

    @Test(arguments: [
        ("{\"prot\": 1}", ["unknown key \"prot\"", "did you mean \"port\"?"]),
        ("{\"ALLOWED_ORIGINS\": \"x\"}", ["unknown key", "did you mean \"allowed-origins\"?"]),
        ("{\"limit\": {\"client\": \"off\"}}", ["unknown key \"limit\""]),
        ("{\"port\": true}", ["PORT (\"port\" in ", "write it as a number or a string"]),
        ("{\"port\": null}", ["write it as a number or a string"]),
        ("{\"host\": 1}", ["write it as a string that is not empty"]),
        ("{\"host\": \"\"}", ["write it as a string that is not empty"]),
        ("{\"sandbox\": 1}", ["write true or false"]), ("{\"auth\": []}", ["array of strings"]),
        ("{\"allowed-origins\": [\"https://a.example,https://b.example\"]}", ["without commas"]),
        ("{\"allowed-origins\": [1]}", ["array of strings"]), ("{\"config\": \"x\"}", ["cannot be in the file"]),
        ("{\"openai-api-key\": 1}", ["one key as a string"]), ("[]", ["CONFIG (--config): ", "not a JSON object"]),
        ("{\"port\": 1,}", ["CONFIG (--config): ", "line 1, column ", "not valid JSON"]),
        ("{\"port\": 1, \"port\": 2}", ["CONFIG (--config): ", "not valid JSON"]), ("", ["not valid JSON"]),
    ])
    func `is reported when the file is wrong`(file: String, words: [String]) throws {
        let path = try directory.file("c.json", file)
        let found = problems(["--config", path])
        #expect(found.count == 1)
        for word in words { #expect(found.first?.contains(word) == true, "\(found)") }
        #expect(found.first?.contains(path) == true)
    }

    @Test func `is reported when the file is missing`() {
        let found = problems(["--config", "/nowhere/c.json"])
        #expect(found == ["CONFIG (--config): /nowhere/c.json: there is no such file"])
    }
}
