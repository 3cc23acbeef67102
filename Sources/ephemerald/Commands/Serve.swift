/// Runs the daemon until it is told to stop.
func serve(_ settings: Settings) async -> Outcome {
    StandardError.print(["error: serve is not built yet"])
    return .unavailable
}
