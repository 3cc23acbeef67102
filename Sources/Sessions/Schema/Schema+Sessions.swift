/// The members of `session` for each kind, without `type`.
extension Schema {
    static let realtimeMembers: [Shape.Member] = [
        .optional("model", .text([.known(ModelName.conversational)])),
        .optional("output_modalities", .array(of: .oneOf("text", "audio"), count: 1...1)),
        .optional("instructions", .string),
        .optional(
            "audio",
            .object([
                .optional("input", audioInput),
                .optional(
                    "output",
                    .object([
                        .optional("format", audioFormat), .optional("voice", voice),
                        .optional("speed", .number(0.25...1.5)),
                    ])),
            ])),
        .optional("include", include),
        .optional("tools", .array(of: tool, count: 0...Int.max)),
        .optional("tool_choice", toolChoice),
        .optional("parallel_tool_calls", .boolean),
        .optional("reasoning", .object([.optional("effort", .oneOf("minimal", "low", "medium", "high", "xhigh"))])),
        .optional("max_output_tokens", .either([.advisory(.integer(1...4096)), .oneOf("inf")])),
        .optional("tracing", tracing),
        .optional("truncation", truncation),
        .optional("prompt", prompt),
    ]

    static let transcriptionMembers: [Shape.Member] = [
        .optional("audio", .object([.optional("input", audioInput)])),
        .optional("include", include),
    ]

    static let translationMembers: [Shape.Member] = [
        .required("model", .text([.known(ModelName.translating)])),
        .optional(
            "audio",
            .object([
                .optional(
                    "input",
                    .object([
                        .optional("transcription", .orNull(.object([.required("model", .string)]))),
                        .optional("noise_reduction", .orNull(noiseReduction(typeIsRequired: true))),
                    ])),
                .optional("output", .object([.optional("language", .string)])),
            ])),
    ]

    private static let include = Shape.array(of: .oneOf("item.input_audio_transcription.logprobs"), count: 0...Int.max)

    private static let tracing = Shape.either([
        .null, .oneOf("auto"),
        .object([
            .optional("workflow_name", .string), .optional("group_id", .string),
            .optional("metadata", .map(of: .anything)),
        ]),
    ])

    private static let truncation = Shape.either([
        .oneOf("auto", "disabled"),
        .tagged([
            .init(
                "retention_ratio",
                [
                    .required("retention_ratio", .number(0...1)),
                    .optional(
                        "token_limits", .object([.optional("post_instructions", .integer(0...Int.max))])),
                ])
        ]),
    ])

    private static let prompt = Shape.orNull(
        .object([
            .required("id", .string), .optional("version", .orNull(.string)),
            .optional("variables", .orNull(.map(of: .anything))),
        ]))
}
