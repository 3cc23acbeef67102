import EphemeraldCore
import Sessions
import Settings
import TestTools
import Testing
import ephemerald

@Suite struct `A quota among the settings` {
    @Test func `is off unless it is set`() throws {
        #expect(try settings().limits.quotas == Quotas())
        let directory = try TemporaryDirectory()
        let read = try settings(
            "--quota-caller", "5", "--quota-session", "60", "--quota-all", "1000000000", "--usage-log",
            "\(directory.path)/usage.log")
        #expect(read.limits.quotas == Quotas(caller: 5, session: 60, all: 1_000_000_000))
    }

    @Test(arguments: ["-", "/dev/stdout", "/dev/null"])
    func `needs a file for its journal`(log: String) {
        let found = problems(["--quota-all", "5", "--usage-log", log])
        #expect(found.count == 1)
        #expect(found.first?.contains("QUOTA_ALL needs a file here") == true, "\(found)")
        #expect(problems(["--quota-all", "off", "--usage-log", log]) == [])
    }

    @Test func `says that it needs one when nobody said anything`() {
        let found = problems(["--quota-all", "5", "--quota-session", "5"])
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("USAGE_LOG: QUOTA_SESSION, QUOTA_ALL needs a file here") == true, "\(found)")
    }

    @Test func `may be one of money, in the operator's currency`() throws {
        #expect(try settings().limits.spending == SpendingLimits())
        let directory = try TemporaryDirectory()
        let log = "\(directory.path)/usage.log"
        let read = try settings("--spend-caller", "0.000001", "--spend-all", "1000000000", "--usage-log", log)
        #expect(read.limits.spending == SpendingLimits(caller: Money(micros: 1), all: .largest))
        #expect(read.sessionFiles.rules.moneyOfDay == Money(micros: 1))
        #expect(try settings("--spend-all", "off").sessionFiles.rules.moneyOfDay == nil)
        #expect(try settings().sessionFiles.rules.createsCalls)
        #expect(try !settings("--max-calls", "0").sessionFiles.rules.createsCalls)
        let found = problems(["--spend-all", "5", "--quota-all", "5"])
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("USAGE_LOG: QUOTA_ALL, SPEND_ALL needs a file here") == true, "\(found)")
        let warnings = try settings("--spend-caller", "5", "--usage-log", log).warnings
        #expect(warnings.contains { $0.contains("--spend-caller") && $0.contains("has no effect") }, "\(warnings)")
    }

    @Test func `on callers causes a warning where callers are not identified`() throws {
        let directory = try TemporaryDirectory()
        let log = "\(directory.path)/usage.log"
        let warnings = try settings("--quota-caller", "5", "--usage-log", log).warnings
        #expect(warnings.contains { $0.contains("--quota-caller") && $0.contains("has no effect") }, "\(warnings)")
    }
}
