/// The browser library and the demo page: the files beside this one, as they are in the program.
package enum BrowserClient {
    /// One file, as it is served.
    package struct File: Sendable {
        /// Where it stands below its folder: `realtime-client.js`.
        package let name: String
        /// For `Content-Type`.
        package let mediaType: String
        package let content: [UInt8]
    }

    /// What web pages import.
    package static let library = [
        File(name: "realtime-client.js", mediaType: javaScript, content: PackageResources.realtime_client_js),
        File(
            name: "realtime-client.d.ts", mediaType: "text/plain; charset=utf-8",
            content: PackageResources.realtime_client_d_ts),
    ]

    /// The page to try it with, and what it loads.
    package static let demo: [File] = []

    private static let javaScript = "text/javascript; charset=utf-8"
}
