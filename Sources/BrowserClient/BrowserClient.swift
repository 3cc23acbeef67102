internal import CBrowserClient

/// The browser library, the demo page and the operator's page: the files beside this one, as they are in the binary.
package enum BrowserClient {
    /// One file, as it is served.
    package struct File: Sendable {
        /// The path of the file in its folder: `realtime-client.js`.
        package let name: String
        /// The value of `Content-Type`.
        package let mediaType: String
        /// The bytes of the file, as in the repository.
        package let content: [UInt8]
    }

    /// The library that web pages import.
    package static let library = unsafe files(browser_library_at, count: browser_library_count)

    /// `package.json`, which npm needs beside the library.
    package static let manifest = unsafe files(browser_manifest_at, count: 1)[0]

    /// The demo page and the files that it loads.
    package static let demo = unsafe files(browser_demo_at, count: browser_demo_count)

    /// The operator's page and the files that it loads, by their paths in the folder: `operator/index.html`.
    package static let operations = unsafe files(browser_operations_at, count: browser_operations_count)

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
        // Browsers do not load the type declarations; people read them.
        default: "text/plain; charset=utf-8"
        }
    }
}
