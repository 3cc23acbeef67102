import Text

/// The tools of a delegation to the Responses API.
extension Schema {
    /// OpenAI's types have the members of three tools. The others' members are sent unchanged.
    static let backendTool = Shape.tagged(
        [
            .init(
                "function",
                [
                    .required(
                        "name",
                        .text([
                            .customary("1 to 64 of a-z, A-Z, 0-9, _ and -") { isToolName($0) && $0.utf8.count <= 64 }
                        ])), .optional("description", .orNull(.string)),
                    .optional("parameters", .orNull(.map(of: .anything))), .optional("strict", .orNull(.boolean)),
                ]),
            .init("mcp", backendMCPMembers, needsOneOf: ["server_url", "connector_id", "tunnel_id"]),
            .init("shell", [.required("environment", .orNull(shellEnvironment))]),
        ]
            + [
                "web_search", "file_search", "code_interpreter", "image_generation", "custom", "namespace",
                "tool_search", "programmatic_tool_calling", "computer", "apply_patch",
            ].map { .init($0, isOpen: true) })

    static let backendToolChoice = Shape.either([
        .oneOf("auto", "none", "required"),
        .tagged(
            [
                .init("function", [.required("name", .string)]),
                .init("mcp", [.required("server_label", .string), .required("name", .string)]),
                .init("custom", [.required("name", .string)]),
                .init(
                    "allowed_tools",
                    [
                        .required("tools", .array(of: .map(of: .anything), count: 0...Int.max)),
                        .optional("mode", .orNull(.oneOf("none", "auto", "required"))),
                    ]),
            ]
                + [
                    "file_search", "web_search", "web_search_preview", "image_generation", "computer",
                    "code_interpreter", "programmatic_tool_calling", "shell", "apply_patch",
                ].map { .init($0) }),
    ])

    private static let backendMCPMembers: [Shape.Member] = [
        .required("server_label", .string),
        .optional("server_url", .orNull(.text([.form("a URL", matches: { $0.contains("://") })]))),
        .optional("connector_id", .orNull(.text([.deprecated(Schema.connectorDeprecation)]))),
        .optional("tunnel_id", .orNull(.string)),
        .optional("authorization", .orNull(.string)),
        .optional("headers", .orNull(.map(of: .string))),
        .optional("server_description", .orNull(.string)),
        .optional("allowed_tools", .either([.null, .strings(), backendToolFilter])),
        .optional("allowed_callers", .orNull(.array(of: .oneOf("direct", "programmatic"), count: 0...Int.max))),
        .optional(
            "require_approval",
            .either([
                .null, .oneOf("always", "never"),
                .object([.optional("always", backendToolFilter), .optional("never", backendToolFilter)]),
            ])),
        .optional("defer_loading", .orNull(.boolean)),
    ]

    private static let backendToolFilter = Shape.object([
        .optional("tool_names", .orNull(.strings())), .optional("read_only", .orNull(.boolean)),
    ])

    private static let shellEnvironment = Shape.tagged([
        .init(
            "container_auto",
            [
                .optional("file_ids", .strings()), .optional("memory_limit", .oneOf("1g", "4g", "16g", "64g")),
                .optional(
                    "network_policy",
                    .tagged([
                        .init("disabled"), .init("allowlist", [.required("allowed_domains", .strings())]),
                    ])), .optional("skills", .anything),
            ]),
        .init("container_reference", [.required("container_id", .string)]),
        .init("local", [.optional("skills", .anything)]),
    ])
}
