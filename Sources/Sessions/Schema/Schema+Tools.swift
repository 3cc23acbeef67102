import Text

/// The members about tools.
extension Schema {
    static let tool = Shape.tagged([
        .init(
            "function",
            [
                .required("name", toolName), .optional("description", .string),
                .optional("parameters", .map(of: .anything)),
            ]),
        .init("mcp", mcpMembers, needsOneOf: ["server_url", "connector_id", "tunnel_id"]),
    ])

    static let toolChoice = Shape.either([
        .oneOf("none", "auto", "required"),
        .tagged([
            .init("function", [.required("name", .string)]),
            .init("mcp", [.required("server_label", .string), .optional("name", .orNull(.string))]),
        ]),
    ])

    static let connectorDeprecation =
        "models released after 2026-09-01 do not accept it; use server_url or tunnel_id"

    private static let mcpMembers: [Shape.Member] = [
        .required("server_label", .string),
        .optional("server_url", .text([.form("a URL", matches: { $0.contains("://") })])),
        .optional(
            "connector_id",
            .text([
                .oneOf([
                    "connector_dropbox", "connector_gmail", "connector_googlecalendar", "connector_googledrive",
                    "connector_microsoftteams", "connector_outlookcalendar", "connector_outlookemail",
                    "connector_sharepoint",
                ]), .deprecated(connectorDeprecation),
            ])),
        .optional("tunnel_id", .text([.form("tunnel_ and 32 characters of a-z and 0-9", matches: isTunnel)])),
        .optional("authorization", .string),
        .optional("headers", .orNull(.map(of: .string))),
        .optional("server_description", .string),
        .optional("allowed_tools", .either([.null, .strings(), toolFilter])),
        .optional(
            "allowed_callers", .orNull(.array(of: .oneOf("direct", "programmatic"), count: 1...Int.max))),
        .optional(
            "require_approval",
            .either([
                .null, .oneOf("always", "never"),
                .object([.optional("always", toolFilter), .optional("never", toolFilter)]),
            ])),
        .optional("defer_loading", .boolean),
    ]

    /// The characters come from an error of OpenAI's, the length from its other interfaces.
    private static let toolName = Shape.text([
        .form("one or more of a-z, A-Z, 0-9, _ and -", matches: isToolName),
        .customary("at most 64 characters", matches: { $0.utf8.count <= 64 }),
    ])

    private static let toolFilter = Shape.object([
        .optional("tool_names", .strings()), .optional("read_only", .boolean),
    ])

    @Sendable static func isToolName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { $0.isLetter || $0.isDigit || "_-".utf8.contains($0) }
    }

    @Sendable private static func isTunnel(_ text: String) -> Bool {
        guard text.hasPrefix("tunnel_") else { return false }
        let id = text.utf8.dropFirst("tunnel_".utf8.count)
        return id.count == 32 && id.allSatisfy { $0.isDigit || $0.isLowercaseLetter }
    }
}
