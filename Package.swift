// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "ephemerald",
    products: [.executable(name: "ephemerald", targets: ["ephemerald"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        .systemLibrary(name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        // Without pkg-config: Debian's hiredis.pc names a flag that SwiftPM warns of, and nothing that is needed.
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        // Debian's wslay has no file for pkg-config.
        .systemLibrary(name: "CWslay", providers: [.apt(["libwslay-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "CLinux", cSettings: [.define("_FORTIFY_SOURCE", to: "2", .when(configuration: .release))]),
        .target(name: "Cryptography", dependencies: ["CCrypto"], exclude: ["README.md"], swiftSettings: settings),
        .target(name: "Text", swiftSettings: settings),
        .target(name: "JSON", dependencies: ["Text"], swiftSettings: settings),
        .target(name: "HTTP", dependencies: ["Text"], swiftSettings: settings),
        .target(name: "Locking", swiftSettings: settings),
        .target(name: "System", dependencies: ["CLinux", "HTTP", "Locking", "Text"], swiftSettings: settings),
        .target(name: "EventLoop", dependencies: ["CLinux", "Locking", "System"], swiftSettings: settings),
        .target(
            name: "MicroHTTPD", dependencies: ["Text", "CMicroHTTPD", "CLinux", "EventLoop", "HTTP", "System"],
            exclude: ["README.md"], swiftSettings: settings),
        .target(
            name: "Curl", dependencies: ["Text", "CCurl", "EventLoop", "HTTP", "System"], exclude: ["README.md"],
            swiftSettings: settings),
        .target(
            name: "Redis", dependencies: ["CHiredis", "Curl", "EventLoop", "System"], exclude: ["README.md"],
            swiftSettings: settings),
        .target(
            name: "WebSocket", dependencies: ["CWslay", "Cryptography", "Curl", "EventLoop", "HTTP", "Text"],
            exclude: ["README.md"], swiftSettings: settings),
        .target(name: "Sessions", dependencies: ["Text", "JSON", "HTTP"], swiftSettings: settings),
        .target(
            name: "EphemeraldCore", dependencies: ["Text", "JSON", "Cryptography", "HTTP", "Locking", "Sessions"],
            swiftSettings: settings),
        .target(
            name: "OpenAISandbox",
            dependencies: ["JSON", "EventLoop", "HTTP", "Locking", "MicroHTTPD", "Sessions", "System"],
            swiftSettings: settings),
        .target(
            name: "Settings",
            dependencies: [
                "EphemeraldCore", "HTTP", "JSON", "OpenAISandbox", "Redis", "Sessions", "System", "Text",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .target(name: "CBrowserClient"),
        .target(name: "COpenAPI", exclude: ["README.md", "openapi.json"]),
        .target(
            name: "BrowserClient", dependencies: ["CBrowserClient"],
            exclude: [
                "README.md", "demo", "device-check.d.ts", "device-check.js", "operator", "package.json", "react.d.ts",
                "react.js", "realtime-client.d.ts", "realtime-client.js", "realtime-calls.js", "realtime-care.js",
                "realtime-sound.js", "realtime-turns.js", "sandbox-peer.d.ts", "sandbox-peer.js", "test-browser.js",
                "test-server.d.ts", "test-server.js",
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "ephemerald",
            dependencies: [
                "JSON",
                "Text",
                "BrowserClient", "CLinux", "COpenAPI", "CZlib", "Curl", "EphemeraldCore", "EventLoop", "HTTP",
                "Locking",
                "MicroHTTPD", "OpenAISandbox", "Redis", "Sessions", "Settings", "System", "WebSocket",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings,
            // All symbols are bound at the start, so that the table of foreign functions is read-only after it.
            linkerSettings: [.unsafeFlags(["-Xlinker", "-z", "-Xlinker", "now"])]),
        .executableTarget(
            name: "AdmissionBenchmark",
            dependencies: ["CLinux", "Cryptography", "EphemeraldCore", "HTTP", "Locking", "Sessions"],
            path: "Tests/Performance/Admission", swiftSettings: settings),
        .target(
            name: "TestTools", dependencies: ["EventLoop", "JSON", "System"], path: "Tests/Support/TestTools",
            swiftSettings: settings),
        .target(
            name: "TestPolicy", dependencies: ["EphemeraldCore", "Sessions"], path: "Tests/Support/TestPolicy",
            swiftSettings: settings),
        .target(
            name: "TestSigning", dependencies: ["CCrypto"], path: "Tests/Support/TestSigning", swiftSettings: settings),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "Cryptography", "EphemeraldCore", "EventLoop", "HTTP", "JSON", "Locking", "MicroHTTPD", "Redis",
                "Sessions", "Settings", "System", "Text", "WebSocket",
            ],
            path: "Tests/Fuzz/Targets", swiftSettings: settings),
        .testTarget(
            name: "FuzzTests", dependencies: ["FuzzTargets", "TestTools"], path: "Tests/Fuzz/Replay",
            swiftSettings: settings),
        .testTarget(name: "CryptographyTests", dependencies: ["Cryptography", "TestSigning"], swiftSettings: settings),
        .testTarget(name: "HTTPTests", dependencies: ["HTTP", "Text"], swiftSettings: settings),
        .testTarget(name: "JSONTests", dependencies: ["JSON", "TestTools"], swiftSettings: settings),
        .testTarget(name: "SystemTests", dependencies: ["System", "TestTools"], swiftSettings: settings),
        .testTarget(
            name: "EventLoopTests", dependencies: ["EventLoop", "System", "TestTools"], swiftSettings: settings),
        .testTarget(
            name: "MicroHTTPDTests", dependencies: ["EventLoop", "HTTP", "MicroHTTPD", "System", "TestTools"],
            swiftSettings: settings),
        .testTarget(
            name: "CurlTests", dependencies: ["Curl", "EventLoop", "HTTP", "Locking", "System", "TestTools"],
            swiftSettings: settings),
        .testTarget(
            name: "RedisTests",
            dependencies: [
                "Curl", "EphemeraldCore", "EventLoop", "Redis", "Sessions", "System", "TestPolicy", "TestTools",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "WebSocketTests", dependencies: ["Curl", "EventLoop", "HTTP", "TestTools", "WebSocket"],
            swiftSettings: settings),
        .testTarget(
            name: "SessionsTests", dependencies: ["HTTP", "JSON", "Sessions", "TestTools", "Text"], exclude: ["Cases"],
            swiftSettings: settings),
        .testTarget(
            name: "EphemeraldCoreTests",
            dependencies: [
                "Text", "JSON", "Cryptography", "EphemeraldCore", "HTTP", "Locking", "Sessions", "TestPolicy",
                "TestSigning", "TestTools",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "OpenAISandboxTests",
            dependencies: ["JSON", "Curl", "EventLoop", "HTTP", "Locking", "OpenAISandbox", "Sessions", "TestTools"],
            swiftSettings: settings),
        .testTarget(
            name: "ephemeraldTests",
            dependencies: [
                "Text",
                "JSON",
                "Curl",
                "EphemeraldCore", "EventLoop", "HTTP", "Locking", "MicroHTTPD", "OpenAISandbox", "Redis", "Sessions",
                "Settings", "System", "TestPolicy", "TestTools", "ephemerald",
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c2x
)

// The fuzzer has no main function of its own: only Tests/Fuzz/run builds it, with the sanitizer that brings one.
if Context.environment["FUZZER"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzzer", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/Fuzzer",
            swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])]))
}
