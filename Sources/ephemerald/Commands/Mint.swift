/// Mints one token for the session of that name and prints it.
func mint(_ settings: Settings, session: String) async -> Outcome {
    StandardError.print(["error: mint is not built yet"])
    return .unavailable
}
