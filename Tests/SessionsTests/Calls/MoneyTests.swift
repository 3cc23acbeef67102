import Sessions
import Testing

@Suite struct `An amount of money` {
    @Test(
        arguments: [
            ("0", 0), ("0.0", 0), ("1", 1_000_000), ("0.05", 50_000), ("0.000001", 1), ("00.50", 500_000),
            ("12.345678", 12_345_678), ("1000000000", 1_000_000_000_000_000),
            ("1000000000.000000", 1_000_000_000_000_000),
        ] as [(String, Int64)])
    func `is read to the millionth`(text: String, micros: Int64) {
        #expect(Money(text)?.micros == micros)
    }

    @Test(arguments: [
        "", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", " 1", "1 ", "0.0000001", "1.2.3", "0x10", "1_000", "NaN", "∞",
        "1000000000.000001", "1000000001", "9223372036854775808", "99999999999999999999999999", "１",
    ])
    func `is nothing else`(text: String) {
        #expect(Money(text) == nil)
    }

    @Test(
        arguments: [
            (0, "0"), (1, "0.000001"), (50_000, "0.05"), (1_525_000, "1.525"), (250_000_000, "250"), (-50_000, "-0.05"),
            (-2_000_000, "-2"), (10_000_000, "10"), (1_000_000_000_000_000, "1000000000"),
        ] as [(Int64, String)])
    func `is written as a decimal`(micros: Int64, text: String) {
        #expect(Money(micros: micros).description == text)
    }

    @Test func `at its largest is exact as a double`() {
        let largest = Money.largest.micros
        #expect(Int64(Double(largest)) == largest && Int64(Double(largest + 1)) == largest + 1)
    }
}

@Suite struct `A price a minute` {
    private static func price(_ text: String) throws -> Price {
        let perMinute = try #require(Money(text))
        return try #require(Price(perMinute: perMinute))
    }

    @Test(
        arguments: [
            ("0.05", 0, 0), ("0.05", 60, 50_000), ("0.05", 42, 35_000), ("0.05", 15, 12_500), ("0.05", 1, 834),
            ("0.05", 59, 49_167), ("0.05", 61, 50_834), ("0.05", 3_600, 3_000_000), ("0.000001", 1, 1),
            ("0.000001", 60, 1), ("0.000001", 61, 2), ("0", 3_600, 0), ("1000000", 7_200, 120_000_000_000_000),
        ] as [(String, Int, Int64)])
    func `costs by the second, rounded up`(text: String, seconds: Int, micros: Int64) throws {
        #expect(try Self.price(text).cost(ofSeconds: seconds).micros == micros)
    }

    @Test(
        arguments: [
            ("0.05", 1_800, 1_525_000), ("0.05", 60, 75_000), ("0.05", 3_600, 3_025_000), ("0.000001", 6_600, 111),
        ] as [(String, Int, Int64)])
    func `reserves half a minute for the end`(text: String, seconds: Int, micros: Int64) throws {
        #expect(try Self.price(text).worstCase(ofSeconds: seconds).micros == micros)
    }

    @Test func `is neither negative nor above a million`() {
        #expect(Price(perMinute: Money(micros: -1)) == nil)
        #expect(Price(perMinute: .zero) != nil)
        #expect(Price(perMinute: Price.largest) != nil)
        #expect(Price(perMinute: Price.largest + Money(micros: 1)) == nil)
    }

    @Test func `keeps the longest call below the largest amount`() throws {
        #expect(try Self.price("1000000").worstCase(ofSeconds: 7_200) < Money.largest)
        #expect(try Self.price("1000000").cost(ofSeconds: 4_000_000) > Money.largest)
    }
}
