import Redis
import Testing

struct PauseTests {
    @Test(
        arguments: [
            (1, 0, 50_000), (2, 0, 100_000), (3, 0, 200_000), (6, 0, 1_600_000), (7, 0, 2_000_000),
            (1_000_000, 0, 2_000_000), (1, 0.5, 37_500), (7, 1, 1_000_000),
        ] as [(Int, Double, Int)])
    func `pauses double up to the longest, less up to half at random`(
        failures: Int, chance: Double, microseconds: Int
    ) {
        var settings = RedisClientSettings()
        settings.chance = { chance }
        #expect(settings.pause(after: failures) == .microseconds(microseconds))
    }
}
