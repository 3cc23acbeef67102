import Settings
import System

/// Lines `NAME=value` of an environment, and after a line `---` arguments, one a line. Names of files are left out: a
/// fuzzer would open devices.
func trySettings(_ input: [UInt8]) {
    let parts = input.parts
    var environment: [String: String] = [:]
    for line in parts[0].split(separator: 0x0A).prefix(40) {
        let text = String(decoding: line, as: UTF8.self)
        guard let sign = text.firstIndex(of: "=") else { continue }
        let (name, value) = (String(text[..<sign]), String(text[text.index(after: sign)...]))
        if namesNoFile(name, value) { environment[name] = value }
    }
    var arguments: [String] = []
    for line in (parts.dropFirst().first ?? []).split(separator: 0x0A).prefix(20) {
        let text = String(decoding: line, as: UTF8.self)
        if text.hasPrefix("--"), !text.contains("/"), !text.lowercased().contains("file"), !text.contains("config") {
            arguments.append(text)
        }
    }
    do throws(SettingsFailure) {
        _ = try Settings(Settings.Source(arguments: arguments, environment: environment), cores: 2)
    } catch {
        guard case .invalid(let problems, let warnings, _) = error else { return }
        for line in problems.map(\.description) + warnings {
            precondition(!line.utf8.contains { $0 < 0x20 || $0 == 0x7F }, "a problem is one line: \(line)")
        }
    }
}

private func namesNoFile(_ name: String, _ value: String) -> Bool {
    // What systemd names.
    guard !name.hasSuffix("_DIRECTORY") else { return false }
    guard let setting = Setting.named(name) else { return true }
    return setting.file == nil && setting != .config
        || value.hasPrefix("https://") && !value.contains("..")
}
