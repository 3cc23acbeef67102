import Sessions
import Testing

struct `The announced end` {
    @Test(
        arguments: [
            ("gpt-4o-realtime-preview", Day(2026, 5, 7)), ("gpt-4o-realtime-preview-2025-06-03", Day(2026, 5, 7)),
            ("gpt-4o-mini-realtime-preview", Day(2026, 5, 7)),
            ("gpt-4o-mini-realtime-preview-2024-12-17", Day(2026, 7, 23)),
            ("gpt-realtime-mini-2025-10-06", Day(2026, 7, 23)), ("gpt-audio-mini-2025-10-06", Day(2026, 7, 23)),
            ("gpt-realtime", Day(2027, 1, 20)), ("gpt-realtime-2025-08-28", Day(2027, 1, 20)),
            ("gpt-realtime-mini", Day(2027, 1, 20)),
            ("gpt-realtime-mini-2025-12-15", Day(2027, 1, 20)), ("gpt-audio-mini", Day(2027, 1, 20)),
            ("gpt-audio-mini-2025-12-15", Day(2027, 1, 20)), ("whisper-1", Day(2027, 2, 26)),
            ("gpt-4o-transcribe", Day(2027, 2, 26)),
            ("gpt-4o-mini-transcribe", Day(2027, 2, 26)), ("gpt-4o-mini-transcribe-2025-12-15", Day(2027, 2, 26)),
            ("gpt-4o-transcribe-diarize", Day(2027, 2, 26)), ("gpt-realtime-2.1", nil), ("gpt-realtime-2.1-mini", nil),
            ("gpt-realtime-2", nil), ("gpt-realtime-1.5", nil), ("gpt-transcribe", nil), ("gpt-live-transcribe", nil),
            ("gpt-realtime-whisper", nil), ("gpt-realtime-translate", nil), ("deployment-7", nil),
        ] as [(String, Day?)])
    func `is known for every model`(model: String, date: Day?) {
        #expect(Endings.ending(of: model)?.date == date)
        if date != nil { #expect(Endings.ending(of: model)?.subject == model) }
    }

    @Test(arguments: [
        (Day(2026, 11, 22), "whisper-1 ends on 2027-02-26 (in 96 days); use gpt-transcribe"),
        (Day(2027, 2, 25), "whisper-1 ends on 2027-02-26 (in 1 day); use gpt-transcribe"),
        (Day(2027, 2, 26), "whisper-1 ended on 2027-02-26; use gpt-transcribe"),
        (Day(2028, 1, 1), "whisper-1 ended on 2027-02-26; use gpt-transcribe"),
    ])
    func `is reported with the date and the replacement`(today: Day, sentence: String) {
        #expect(Endings.ending(of: "whisper-1")?.sentence(on: today) == sentence)
    }

    @Test(arguments: [
        (0, "1970-01-01"), (-1, "1969-12-31"), (86_399, "1970-01-01"), (86_400, "1970-01-02"),
        (951_782_400, "2000-02-29"),
        (1_795_305_600, "2026-11-22"), (4_107_542_400, "2100-03-01"), (4_107_456_000, "2100-02-28"),
        (-2_203_891_200, "1900-03-01"),
    ])
    func `a day has its date in the calendar`(seconds: Int, text: String) throws {
        #expect(Day(unixSeconds: seconds).description == text)
        let parts = text.split(separator: "-").compactMap { Int($0) }
        #expect(Day(parts[0], parts[1], parts[2]) == Day(unixSeconds: seconds))
    }

    @Test(
        arguments: [
            ("sesion", ["session", "access"], "session"), ("ses", ["session"], nil),
            ("acess", ["session", "access"], "access"),
            ("", ["a"], "a"), ("voice", ["volume", "format"], nil), ("Voice", ["voice"], "voice"), ("x", [], nil),
        ] as [(String, [String], String?)])
    func `the nearest name is found`(name: String, names: [String], nearest: String?) {
        #expect(name.nearest(in: names) == nearest)
    }
}
