import Testing
import TestTools

/// How a `RedisServer` is reached by the clients of a test.
enum Transport: CaseIterable {
    case unix, tls

    /// In force for the servers that a test starts.
    @TaskLocal static var current = unix
}

/// One for all tests: it takes openssl a while.
let authority = Result { try TestAuthority() }

/// Runs each test once for each transport.
struct EachTransport: TestTrait, SuiteTrait, TestScoping {
    let isRecursive = true

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        for transport in Transport.allCases {
            try await Transport.$current.withValue(transport) { try await function() }
        }
    }
}

extension Trait where Self == EachTransport {
    static var eachTransport: EachTransport { EachTransport() }
}
