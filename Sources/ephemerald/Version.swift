/// The line that `--version` prints.
package enum Version {
    /// The version of this program.
    package static let number = "0.1.0"

    /// `ephemerald VERSION (libcurl …, libmicrohttpd …)`: the libraries are named as they were found at run time,
    /// because their advisories are the operator's to follow.
    package static func line(libraries: [String]) -> String {
        libraries.isEmpty ? "ephemerald \(number)" : "ephemerald \(number) (\(libraries.joined(separator: ", ")))"
    }
}
