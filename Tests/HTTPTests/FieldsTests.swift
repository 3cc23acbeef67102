import HTTP
import Testing

@Suite struct `Field lines that many messages share` {
    private let shared: [Fields] = [["A": "1", "B": "2"], ["C": "3"], ["D": "4", "a": "5"], [:], ["E": "6"]]

    private func lines(_ fields: Fields) -> [String] { fields.all.map { "\($0.name): \($0.value)" } }

    @Test(arguments: 0...5) func `are all there, in order, however many blocks there are`(count: Int) {
        var fields: Fields = ["X": "0"]
        for block in shared.prefix(count) { fields.append(sharing: block) }
        fields.append("Y", "7")
        let expected = ["X: 0", "Y: 7"] + shared.prefix(count).flatMap(lines)
        #expect(lines(fields) == expected)
        for line in expected {
            let (name, value) = (String(line.prefix(1)), String(line.suffix(1)))
            #expect(fields.values(of: name).contains(value), "\(line)")
        }
        #expect(fields.values(of: "a") == Array(["1", "5"].prefix(count < 1 ? 0 : count < 3 ? 1 : 2)))
    }

    @Test func `are all there when a block has blocks itself`() {
        var block: Fields = ["A": "1"]
        block.append(sharing: ["B": "2"])
        block.append(sharing: ["C": "3"])
        for count in 1...3 {
            var fields = Fields()
            for _ in 0..<count { fields.append(sharing: block) }
            #expect(lines(fields) == Array(repeating: ["A: 1", "B: 2", "C: 3"], count: count).flatMap { $0 })
            #expect(fields.count(of: "c") == count)
        }
    }

    @Test func `make no difference to equality`() {
        var (one, other): (Fields, Fields) = (["A": "1"], ["A": "1", "B": "2"])
        one.append(sharing: ["B": "2"])
        #expect(one == other && one.hashValue == other.hashValue)
        other.append("C", "3")
        #expect(one != other)
    }
}
