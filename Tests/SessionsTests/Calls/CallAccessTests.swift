import JSON
import Sessions
import Testing

/// The members of `access` about calls and money.
struct `Access to calls` {
    private static func file(_ type: String, _ access: String) -> String {
        let sessions = [
            "realtime": #"{"type":"realtime","model":"gpt-realtime-2.1"}"#,
            "transcription": #"{"type":"transcription"}"#, "translation": #"{"model":"gpt-realtime-translate"}"#,
            "live": #"{"type":"live","model":"gpt-live-1"}"#,
        ]
        return #"{"session":\#(sessions[type] ?? ""),"access":\#(access)}"#
    }

    @Test(arguments: verdicts)
    func `has the findings of the table`(verdict: Verdict) throws {
        let parts = verdict.testDescription.split(separator: " ", maxSplits: 1).map(String.init)
        #expect(try SessionDirectory.findings(in: Self.file(parts[0], parts[1])) == verdict.findings)
    }

    @Test(arguments: [
        ("realtime", true, true), ("transcription", true, false), ("translation", true, false), ("live", false, true),
    ])
    func `has defaults for each kind`(type: String, tokens: Bool, calls: Bool) throws {
        let access = try SessionDirectory.session(Self.file(type, "{}")).access
        #expect(access.offersTokens == tokens)
        #expect(access.call == (calls ? CallLimits() : nil))
        #expect(access.price == nil)
        #expect((CallLimits().maximumSeconds, CallLimits().leaseSeconds) == (1800, 60))
        #expect(CallLimits().maximumOpen == nil)
    }

    @Test func `keeps what the file says`() throws {
        let text = Self.file(
            "realtime",
            #"{"token":false,"call":{"max_seconds":600,"lease_seconds":0,"max_open":7},"price_per_minute":0.060001}"#)
        let access = try SessionDirectory.session(text).access
        #expect(!access.offersTokens)
        #expect(access.call?.maximumSeconds == 600)
        #expect(access.call?.leaseSeconds == 0)
        #expect(access.call?.maximumOpen == 7)
        #expect(access.price?.perMinute == Money(micros: 60_001))
        #expect(try SessionDirectory.session(Self.file("realtime", #"{"call":false}"#)).access.call == nil)
        #expect(try SessionDirectory.session(Self.file("realtime", #"{"token":true}"#)).access.offersTokens)
        #expect(try SessionDirectory.session(Self.file("live", #"{"call":{}}"#)).access.call == CallLimits())
    }

    @Test(arguments: moneyVerdicts)
    func `has a price, and a word on tokens, while money is counted`(verdict: Verdict) throws {
        let parts = verdict.testDescription.split(separator: " ", maxSplits: 1).map(String.init)
        let text = Self.file(parts[0], parts[1])
        let rules = SessionRules(moneyOfDay: Money("3"))
        #expect(try SessionDirectory.findings(in: text, rules: rules) == verdict.findings)
    }

    @Test(arguments: [
        (#"realtime {"token":false}"#, 1), (#"live {}"#, 1), (#"realtime {}"#, 0), (#"translation {}"#, 0),
        (#"realtime {"token":false,"price_per_minute":100}"#, 1),
    ])
    func `is of no use where the service creates no calls`(file: String, count: Int) throws {
        let parts = file.split(separator: " ", maxSplits: 1).map(String.init)
        let text = Self.file(parts[0], parts[1])
        let findings = try SessionDirectory.findings(in: text, rules: SessionRules(createsCalls: false))
        let warning = "warning access: allows only calls, and MAX_CALLS is 0, so nobody can use the session"
        #expect(findings == Array(repeating: warning, count: count))
    }

    private static let moneyVerdicts = Verdict.table(
        #"""
        live {"price_per_minute":0.05}
        live {}
          error access.price_per_minute: is required while SPEND_ALL or SPEND_CALLER is set: what a minute costs, as in 0.05
        realtime {"price_per_minute":0,"token":true}
        realtime {"price_per_minute":0.05,"token":false}
        realtime {"price_per_minute":0.05}
          warning access.token: is not given: a token counts as one session of 60 minutes, which is the most that it costs only while OpenAI refuses to use it twice; false is the sure way, and true hides this warning
        live {"price_per_minute":0.1,"call":{"max_seconds":1770}}
        live {"price_per_minute":0.1,"call":{"max_seconds":1771}}
          warning access.call.max_seconds: a call of 1771 seconds can cost 3.001667, more than a whole day's SPEND_ALL or SPEND_CALLER (3): every call is refused
        realtime {"price_per_minute":0.05,"token":true}
        realtime {"price_per_minute":0.06,"token":true}
          warning access.price_per_minute: a token counts as 60 minutes, which cost 3.6, more than a whole day's SPEND_ALL or SPEND_CALLER (3): every token is refused
        realtime {"price_per_minute":1,"token":false,"call":{"max_seconds":9000000}}
          error access.call.max_seconds: must be 60 to 3600, is 9000000
        transcription {"price_per_minute":0.06,"token":true}
          warning access.price_per_minute: a token counts as 60 minutes, which cost 3.6, more than a whole day's SPEND_ALL or SPEND_CALLER (3): every token is refused
        transcription {"token":true}
          error access.price_per_minute: is required while SPEND_ALL or SPEND_CALLER is set: what a minute costs, as in 0.05
        """#)

    private static let verdicts = Verdict.table(
        #"""
        realtime {"token":1}
          error access.token: must be a boolean, is an integer
        realtime {"tokens":true}
          error access.tokens: is not known; did you mean token?
        live {"token":false}
        live {"token":true}
          error access.token: must be false, or be left out: a live session has no client secrets
        live {"call":false}
          error access: allows neither tokens nor calls, so nobody can use the session
        realtime {"token":false,"call":false}
          error access: allows neither tokens nor calls, so nobody can use the session
        transcription {"token":false}
          error access: allows neither tokens nor calls, so nobody can use the session
        transcription {"call":false}
        transcription {"call":{}}
          error access.call: must be false, or be left out: the service creates no calls of a transcription session
        translation {"call":{"max_seconds":60}}
          error access.call: must be false, or be left out: the service creates no calls of a translation session
        realtime {"call":true}
          error access.call: must be false or an object; leave it out for the defaults
        realtime {"call":60}
          error access.call: must be a boolean or an object, is an integer
        realtime {"call":{"seconds":60}}
          error access.call.seconds: is not known; known here: max_seconds, lease_seconds, max_open
        realtime {"call":{"max_seconds":60,"lease_seconds":10,"max_open":1}}
        realtime {"call":{"max_seconds":3600,"lease_seconds":300,"max_open":100000}}
        realtime {"call":{"max_seconds":59,"lease_seconds":9}}
          error access.call.max_seconds: must be 60 to 3600, is 59
          error access.call.lease_seconds: must be 10 to 300, or 0 for calls without a lease, is 9
        realtime {"call":{"max_seconds":3601,"lease_seconds":301}}
          error access.call.max_seconds: must be 60 to 3600, is 3601
          error access.call.lease_seconds: must be 0 to 300, is 301
        live {"call":{"max_seconds":6600}}
        live {"call":{"max_seconds":6601}}
          error access.call.max_seconds: must be 60 to 6600, is 6601
        live {"call":{"max_seconds":-1,"lease_seconds":"30","max_open":0}}
          error access.call.max_seconds: must be 60 to 6600, is -1
          error access.call.lease_seconds: must be an integer, is a string; write 30 without quotes
          error access.call.max_open: must be at least 1, is 0
        live {"call":{"max_seconds":60.5}}
          error access.call.max_seconds: must be an integer, is a decimal
        live {"price_per_minute":0}
        live {"price_per_minute":0.05}
        transcription {"price_per_minute":1000000}
        live {"price_per_minute":0.0500001}
          error access.price_per_minute: must be a decimal with at most six places, as in 0.05, is 0.0500001
        live {"price_per_minute":5e-2}
          error access.price_per_minute: must be a decimal with at most six places, as in 0.05, is 5e-2
        live {"price_per_minute":-0.05}
          error access.price_per_minute: must be 0 to 1000000, is -0.05
        live {"price_per_minute":1000000.5}
          error access.price_per_minute: must be 0 to 1000000, is 1000000.5
        live {"price_per_minute":"0.05"}
          error access.price_per_minute: must be a decimal, is a string; write 0.05 without quotes
        """#)
}
