import Text

/// The members of `session.delegation`: who does the thinking of a Live session.
extension Schema {
    static let delegation = Shape.tagged([
        .init("client", [acknowledgementDelay]),
        .init("responses", [acknowledgementDelay, .required("responses", backend)]),
        .init(
            "decisions",
            [
                acknowledgementDelay,
                .required("decisions", .object([.required("model", .string), .required("questions", questions)])),
            ]),
    ])

    /// The questions of a delegation or of a trigger.
    static let questions = Shape.array(
        of: .tagged([
            .init(
                "choice",
                [
                    .required("choices", choices), .required("instructions", questionInstructions),
                    .optional("name", .string),
                ]),
            .init("predicate", [.required("instructions", questionInstructions), .optional("name", .string)]),
            .init(
                "score",
                [
                    .required("levels", levels), .required("instructions", questionInstructions),
                    .optional("name", .string),
                ]),
        ]), count: 0...Int.max)

    private static let acknowledgementDelay = Shape.Member.optional(
        "acknowledgement_delay_ms", .integer(0...Int.max))

    /// The model of the Responses API that a session asks. Which efforts work depends on it.
    private static let backend = Shape.object([
        .required("model", .string),
        .optional("instructions", .orNull(.string)),
        .optional("max_output_tokens", .orNull(.advisory(.integer(16...Int.max)))),
        .optional("parallel_tool_calls", .orNull(.boolean)),
        .optional(
            "reasoning",
            .orNull(
                .object([
                    .optional("effort", .orNull(.oneOf("none", "minimal", "low", "medium", "high", "xhigh"))),
                    .optional("summary", .orNull(.oneOf("concise", "detailed", "auto"))),
                ]))),
        .optional(
            "service_tier",
            .orNull(.oneOf("auto", "default", "fast_tier_temp_pilot", "flex", "priority", "ultrafast"))),
        .optional(
            "text", .orNull(.object([.optional("verbosity", .orNull(.oneOf("low", "medium", "high")))]))),
        .optional("tool_choice", backendToolChoice),
        .optional("tools", .array(of: backendTool, count: 0...Int.max)),
    ])

    private static let choices = Shape.array(
        of: .object([.required("value", .either([.string, .boolean])), .optional("description", .string)]),
        count: 0...Int.max)

    private static let levels = Shape.array(
        of: .object([.required("label", .anything), .optional("description", .string)]), count: 0...Int.max)

    private static let questionInstructions = Shape.either([
        .string,
        .array(
            of: .tagged([
                .init("input_text", [.required("text", .string)]),
                .init(
                    "input_image",
                    [
                        .required("image_url", .string),
                        .optional("detail", .oneOf("low", "high", "auto", "original")),
                    ]),
                .init(
                    "input_json",
                    [
                        .required(
                            "data",
                            .either([
                                .map(of: .anything), .array(of: .map(of: .anything), count: 0...Int.max),
                            ]))
                    ]),
            ]), count: 0...Int.max),
    ])
}
