import EphemeraldCore
import Testing

@Suite struct `The id of a call` {
    @Test(
        arguments: [
            (UInt128(0), "AAAAAAAAAAAAAAAAAAAAAA"),
            (UInt128.max, "_____________________w"),
            (UInt128(1), "AAAAAAAAAAAAAAAAAAAAAQ"),
            (UInt128(0x0001_0203_0405_0607_0809_0A0B_0C0D_0E0F), "AAECAwQFBgcICQoLDA0ODw"),
            (UInt128(0xFBEF_BEFB_EFBE_FBEF_BEFB_EFBE_FBEF_BEFB), "------------------------".prefix(21) + "w"),
        ] as [(UInt128, String)])
    func `is 22 characters of base64url`(bits: UInt128, text: String) {
        #expect(CallID(randomBits: bits).reveal() == text)
        #expect(CallID(text.utf8) == CallID(randomBits: bits))
    }

    @Test func `is read back from what was made`() {
        for _ in 0..<1_000 {
            let id = CallID(randomBits: .random(in: 0 ... .max))
            #expect(CallID(id.reveal().utf8) == id)
        }
    }

    @Test(arguments: [
        "", "AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAAB",
        "AAAAAAAAAAAAAAAAAAAAA+", "AAAAAAAAAAAAAAAAAAAAA%", "AAAAAAAAAAAAAAAAAAAA.A", "AAAAAAAAAAAAAAAAAAAA/A",
        "AAAAAAAAAAAAAAAAAAAAÄ", " AAAAAAAAAAAAAAAAAAAAA",
    ])
    func `is nothing else`(text: String) {
        #expect(CallID(text.utf8) == nil)
    }

    @Test func `is not printed`() {
        let id = CallID(randomBits: 0)
        var dumped = ""
        dump(id, to: &dumped)
        for text in ["\(id)", String(reflecting: id), "\([id])", dumped, "\(Optional(id) as Any)"] {
            #expect(!text.contains("AAAA"))
        }
    }
}

@Suite struct `The name of a call` {
    @Test func `is half of the id's SHA-256`() {
        // printf %s AAECAwQFBgcICQoLDA0ODw | sha256sum
        let name = CallID(randomBits: 0x0001_0203_0405_0607_0809_0A0B_0C0D_0E0F).name
        #expect(name.description == "5d2611d5a4dd2b40b277dfdb5ecf5b49")
        #expect(CallName(name.description) == name)
    }

    @Test(arguments: [
        "", "0", "0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdef0",
        "0123456789ABCDEF0123456789abcdef",
        "+123456789abcdef0123456789abcdef", "-123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdeg",
        "é123456789abcdef0123456789abcde",
    ])
    func `is nothing but 32 digits`(text: String) {
        #expect(CallName(text) == nil)
        #expect(CallBinding(text) == nil)
    }
}

@Suite struct `Who may prolong a call` {
    @Test func `is a digest of the caller and the origin`() {
        // printf 'ann\0https://app.example' | sha256sum
        let binding = CallBinding(caller: "ann", origin: "https://app.example")
        #expect(binding.description == "c17d7d732d0dbb951ae13a56855643d6")
        #expect(CallBinding(binding.description) == binding)
    }

    @Test func `differs for every caller and origin`() {
        let bindings = ["ann", "an", nil].flatMap { caller in
            ["https://app.example", "https://app.example:8443", "nhttps://app.example", nil].map {
                CallBinding(caller: caller, origin: $0)
            }
        }
        #expect(Set(bindings).count == 12)
    }
}

@Suite struct `The print of an API key` {
    @Test func `is eight digits of its SHA-256`() {
        // printf %s sk-test-0123456789abcdef | sha256sum
        let print = KeyPrint(ofKey: "sk-test-0123456789abcdef")
        #expect(print.description == "c871f067")
        #expect(KeyPrint(print.description) == print)
    }

    @Test(arguments: ["", "3f9c01a", "3f9c01abc", "3F9C01AB", "3f9c01ag", "+f9c01ab"])
    func `is nothing else`(text: String) {
        #expect(KeyPrint(text) == nil)
    }
}
