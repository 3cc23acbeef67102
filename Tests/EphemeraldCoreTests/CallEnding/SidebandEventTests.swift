import EphemeraldCore
import Testing

@Suite struct `The events of a sideband` {
    private func isAudio(_ text: String, cutTo count: Int = 256) -> Bool {
        SidebandEvent.isAudio(Array(text.utf8)[...].prefix(count))
    }

    @Test(arguments: [
        #"{"type":"session.output_audio.delta","delta":"AAAA"#,
        #" { "event_id" : "event_1" , "type" : "session.input_audio.append" , "audio":"AA"#,
        #"{"event_id":"a\"type\":b","n":[1,{"type":"x"}],"type":"session.output_audio.delta""#,
    ])
    func `are audio by their beginning`(text: String) {
        #expect(isAudio(text))
    }

    @Test(arguments: [
        "", "{", #"{"type""#, #"{"type":"session.output_audio.del"#, #"["type","session.output_audio.delta"]"#,
        #"{"type":"session.closed","usage":{}}"#, #"{"type":"session.output_audio.fixture.played"}"#,
        #"{"x":"type","y":"session.output_audio.delta"}"#, #"{"session":{"type":"session.output_audio.delta"}}"#,
        #"{"text":"\"type\":\"session.output_audio.delta\"","type":"session.output_transcript.delta"}"#,
        #"{"type":["session.output_audio.delta"]}"#, #"{"type":null,"x":"session.output_audio.delta"}"#,
        #"{"delta":"AAAA"#, #"}}"type":"session.output_audio.delta""#,
    ])
    func `are kept when they may be others`(text: String) {
        #expect(!isAudio(text))
    }

    @Test func `are judged at every cut without harm`() {
        let text = #"{"event_id":"e\\","type":"session.output_audio.delta","delta":"AAAA"}"#
        let end = text.utf8.count - #","delta":"AAAA"}"#.utf8.count
        for count in 0...text.utf8.count { #expect(isAudio(text, cutTo: count) == (count >= end), "\(count)") }
    }

    @Test(
        arguments: [
            (#"{"type":"session.closed","reason":"expired","session":{"id":"live_1"},"usage":{"seconds":42}}"#, 42),
            (#"{"usage":{"seconds":41.2,"active_seconds":3},"type":"session.closed"}"#, 42),
            (#"{"type":"session.closed","usage":{"seconds":0}}"#, 0),
            (#"{"type":"session.closed","usage":{"seconds":86400}}"#, 86_400),
            (#"{"type":"session.closed","usage":{"seconds":-1}}"#, nil),
            (#"{"type":"session.closed","usage":{"seconds":86401}}"#, nil),
            (#"{"type":"session.closed","usage":{"seconds":1e300}}"#, nil),
            (#"{"type":"session.closed","usage":{"seconds":"42"}}"#, nil),
            (#"{"type":"session.closed","usage":null}"#, nil), (#"{"type":"session.closed"}"#, nil),
        ] as [(String, Int?)])
    func `say how long a session lasted when it is closed`(text: String, seconds: Int?) throws {
        #expect(try #require(SessionClosed(Array(text.utf8))).seconds == seconds)
    }

    @Test(arguments: [
        #"{"type":"session.usage.updated","usage":{"seconds":42}}"#, #"{"type":"session.closed""#,
        #"["session.closed"]"#, "", #"{"event":{"type":"session.closed"}}"#,
    ])
    func `do not close a session otherwise`(text: String) {
        #expect(SessionClosed(Array(text.utf8)) == nil)
    }
}
