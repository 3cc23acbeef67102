import Settings
import Testing
import ephemerald

@Suite struct `The base URL` {
    private static let azure = "https://res.openai.azure.com"

    @Test(
        arguments: [
            ("https://api.openai.com/v1", nil), ("https://api.openai.com/v1/", nil),
            ("https://eu.api.openai.com/v1", nil),
            ("https://api.openai.com", "https://api.openai.com/v1"),
            ("https://api.openai.com/v2", "https://api.openai.com/v1"),
            ("https://us.api.openai.com", "https://us.api.openai.com/v1"),
            ("https://api.openai.com/v1/realtime", "https://api.openai.com/v1"),
            ("https://api.openai.com/v1/realtime/client_secrets", "https://api.openai.com/v1"),
            ("https://api.openai.com/v1/realtime/sessions", "https://api.openai.com/v1"),
            ("https://api.openai.com/v1/realtime/calls/", "https://api.openai.com/v1"),
            ("https://api.openai.com/v1/realtime/translations/client_secrets", "https://api.openai.com/v1"),
            ("https://gateway.example/llm/v1", nil), ("https://gateway.example", nil),
            ("https://gateway.example/llm/v1/realtime/client_secrets", "https://gateway.example/llm/v1"),
            ("https://gateway.example:8443/realtime", "https://gateway.example:8443"),
            ("https://gateway.example/not-realtime", nil), ("https://api.openai.com.evil.example", nil),
            ("https://notapi.openai.com", nil), ("http://127.0.0.1:9/v1", nil),
        ])
    func `causes a warning with the right one where tokens cannot be minted`(url: String, right: String?) throws {
        let warnings = try settings("--openai-base-url", url).warnings
        #expect(warnings.count == (right == nil ? 0 : 1), "\(warnings)")
        if let right {
            #expect(warnings.first?.hasPrefix("OPENAI_BASE_URL (--openai-base-url): ") == true)
            #expect(warnings.first?.hasSuffix("; write \(right)") == true, "\(warnings)")
        }
    }

    @Test(
        arguments: [
            ("\(azure)/openai/v1", nil), (azure, "\(azure)/openai/v1"), ("\(azure)/openai", "\(azure)/openai/v1"),
            ("\(azure)/v1", "\(azure)/openai/v1"), ("\(azure)/openai/realtime", "\(azure)/openai/v1"),
            ("\(azure)/openai/deployments/gpt-realtime", "\(azure)/openai/v1"),
            ("\(azure)/openai/v1/realtime/client_secrets", "\(azure)/openai/v1"),
            ("https://res.cognitiveservices.azure.com", "https://res.cognitiveservices.azure.com/openai/v1"),
            ("https://res.services.ai.azure.com/openai/v1", nil), ("https://res.azure.example", nil),
        ])
    func `of Azure ends with openai/v1`(url: String, right: String?) throws {
        let flags = ["--openai-base-url", url, "--openai-auth-header", "api-key"]
        let warnings = try Settings(arguments: flags, environment: key).warnings
        #expect(warnings.map { $0.contains("; write \(right ?? "-")") } == (right == nil ? [] : [true]), "\(warnings)")
    }

    @Test(
        arguments: [
            ("\(azure)/openai/v1", "Authorization", "0123456789abcdef", "write api-key"),
            ("\(azure)/openai/v1", "Authorization", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln", nil),
            ("\(azure)/openai/v1", "api-key", "0123456789abcdef", nil),
            ("https://api.openai.com/v1", "api-key", "sk-proj-0123456789", "write Authorization"),
            ("https://eu.api.openai.com/v1", "api-key", "sk-proj-0123456789", "write Authorization"),
            ("https://api.openai.com/v1", "Authorization", "sk-proj-0123456789", nil),
            ("https://gateway.example/v1", "api-key", "sk-0123456789abcdef", nil),
            ("https://gateway.example/v1", "Authorization", "sk-0123456789abcdef", nil),
        ] as [(String, String, String, String?)])
    func `goes with the field that its host reads the key from`(
        url: String, header: String, key: String, words: String?
    ) throws {
        let flags = ["--openai-base-url", url, "--openai-auth-header", header]
        let warnings = try Settings(arguments: flags, environment: ["OPENAI_API_KEY": key]).warnings
        #expect(warnings.count == (words == nil ? 0 : 1), "\(warnings)")
        if let words { #expect(warnings.first?.hasSuffix(words) == true, "\(warnings)") }
        #expect(warnings.allSatisfy { $0.hasPrefix("OPENAI_AUTH_HEADER (") && !$0.contains(key) })
    }

    @Test func `is not checked with the sandbox, which replaces it`() throws {
        let warnings = try settings("--sandbox", "--openai-base-url", Self.azure).warnings
        #expect(!warnings.isEmpty)
        #expect(warnings.allSatisfy { $0.contains("SANDBOX") }, "\(warnings)")
    }
}
