/// The members of `session` in OpenAI's Live API. Its types have `safety_identifier` too, which the service adds.
extension Schema {
    static let liveMembers: [Shape.Member] = [
        .required("model", .string),
        .optional("instructions", .orNull(.string)),
        .optional("audio", .object([.optional("output", .object([.optional("voice", liveVoice)]))])),
        .optional("client", .object([.required("data_channel", dataChannel)])),
        .optional("delegation", .orNull(delegation)),
        .optional("triggers", .array(of: trigger, count: 0...Int.max)),
        .optional("input", .array(of: message, count: 0...128)),
        .optional(
            "wake_policy", .object([.required("type", .oneOf("speech")), .optional("vad_threshold", .number(0...1))])),
        // OpenAI does not publish the limits of the time.
        .optional("idle_timeout_s", .integer(1...Int.max)),
        .optional("store", .boolean),
    ]

    /// The voices of OpenAI's types, then those that only its reference pages have. `fable`, `nova` and `onyx` are voices
    /// of text-to-speech, and are refused here.
    private static let liveVoice = Shape.either([
        .text([
            .known(
                [
                    "alloy", "ash", "ballad", "beacon", "bossa", "cedar", "cinder", "coral", "delta", "echo", "gleam",
                    "marin", "meridian", "quartz", "ripple", "sage", "shida", "shimmer", "stone", "tempo", "verse",
                    "vesper", "willow",
                ] + [
                    "brise", "calandria", "compas", "destello", "flitz", "halo", "harema", "hornero", "juni",
                    "luciernaga", "nira", "noeul", "nuri", "pearl", "shitan", "sillage",
                ],
                refused: ["fable", "nova", "onyx"])
        ]),
        .object([.required("id", .string)]),
    ])

    private static let dataChannel = Shape.object([
        .optional(
            "allowed_client_events",
            .either([.oneOf("all"), .array(of: .text([.known(LiveEvents.ofClients)]), count: 0...Int.max)])),
        .optional(
            "allowed_server_events",
            .either([
                .oneOf("all"),
                .array(
                    of: .object([
                        .required("type", .text([.known(LiveEvents.ofServers)])), .optional("response_event", .string),
                    ]), count: 0...Int.max),
            ])),
    ])

    private static let trigger = Shape.object([
        .required("type", .oneOf("decisions")),
        .required("event_type", .oneOf("session.input_transcript.delta", "session.output_transcript.delta")),
        .required("decisions", .object([.required("questions", questions)])),
    ])

    /// A message has one part, whose type depends on the role.
    private static let message = Shape.object([
        .optional("type", .oneOf("message")),
        .required("role", .oneOf("developer", "user", "assistant")),
        .required(
            "content",
            .array(
                of: .object([
                    .optional("type", .oneOf("input_text", "output_text", "text")), .required("text", .string),
                ]), count: 1...1)),
        .optional("id", .orNull(.string)),
        .optional("status", .orNull(.oneOf("incomplete", "completed"))),
    ])
}
