internal import CBrowserClient

/// The browser library and the demo page: the files beside this one, as they are in the binary.
package enum BrowserClient {
    /// One file, as it is served.
    package struct File: Sendable {
        /// Where it stands below its folder: `realtime-client.js`.
        package let name: String
        /// For `Content-Type`.
        package let mediaType: String
        /// Its bytes, as they stand in the repository.
        package let content: [UInt8]
    }

    /// What web pages import.
    package static let library = unsafe files(browser_library_at, count: browser_library_count)

    /// The page to try it with, and what it loads.
    package static let demo = unsafe files(browser_demo_at, count: browser_demo_count)

    private static func files(_ file: (Int) -> browser_file, count: Int) -> [File] {
        (0..<count).map { index in
            let file = unsafe file(index)
            let name = unsafe String(cString: file.name)
            return File(
                name: name, mediaType: mediaType(of: name),
                content: unsafe Array(UnsafeBufferPointer(start: file.bytes, count: file.size)))
        }
    }

    private static func mediaType(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "js": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "html": "text/html; charset=utf-8"
        case "svg": "image/svg+xml"
        // Browsers do not read types; people do.
        default: "text/plain; charset=utf-8"
        }
    }
}
