import Text

/// The audio members that kinds share.
extension Schema {
    static let audioInput = Shape.object([
        .optional("format", audioFormat),
        .optional("transcription", .orNull(transcription)),
        .optional("noise_reduction", .orNull(noiseReduction(typeIsRequired: false))),
        .optional("turn_detection", .orNull(turnDetection)),
    ])

    /// `rate` is required for pcm: OpenAI refused an output format without it.
    static let audioFormat = Shape.tagged([
        .init("audio/pcm", [.required("rate", .integer(24000...24000))]), .init("audio/pcmu"), .init("audio/pcma"),
    ])

    /// `onyx`, `nova` and `fable` are voices of text-to-speech, and are refused here.
    static let voice = Shape.either([
        .text([
            .known(
                ["alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"],
                refused: ["onyx", "nova", "fable"])
        ]),
        .object([.required("id", .string)]),
    ])

    static func noiseReduction(typeIsRequired: Bool) -> Shape {
        .object([
            Shape.Member(name: "type", shape: .oneOf("near_field", "far_field"), isRequired: typeIsRequired),
            .optional("strength", .number(0...1)),
        ])
    }

    private static let transcription = Shape.object([
        .optional("model", .text([.known(ModelName.transcribing)])),
        .optional("language", .text([.customary("a language code of two letters (ISO 639-1)", matches: isLanguage)])),
        .optional("languages", .advisory(.strings(atLeast: 1))),
        .optional("keywords", keywords),
        .optional("prompt", .string),
        .optional("delay", .oneOf("minimal", "low", "medium", "high", "xhigh")),
    ])

    /// The number and the characters are customary, not published.
    private static let keywords = Shape.advisory(
        .array(
            of: .text([
                .form("without <, > and line breaks") { text in !text.utf8.contains { "<>\n\r".utf8.contains($0) } }
            ]), count: 0...100))

    private static let turnDetection = Shape.tagged([
        .init(
            "server_vad",
            [
                .optional("threshold", .number(0...1)),
                .optional("prefix_padding_ms", .integer(0...Int.max)),
                .optional("silence_duration_ms", .integer(0...Int.max)),
                .optional("idle_timeout_ms", .orNull(.integer(5000...30000))),
            ] + responses),
        .init("semantic_vad", [.optional("eagerness", .oneOf("low", "medium", "high", "auto"))] + responses),
    ])

    private static let responses: [Shape.Member] = [
        .optional("create_response", .boolean), .optional("interrupt_response", .boolean),
    ]

    @Sendable private static func isLanguage(_ text: String) -> Bool {
        text.utf8.count == 2 && text.utf8.allSatisfy(\.isLowercaseLetter)
    }
}
