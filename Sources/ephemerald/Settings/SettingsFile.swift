import FoundationEssentials
import JSON
import Sessions
import Text

/// The file of `--config`: one JSON object, its keys the settings' names in lower case with dashes.
package struct SettingsFile: Sendable {
    /// The settings it has, as they would be written in the environment; keys that are wrong are left out.
    package private(set) var values: [Setting: String] = [:]
    /// Unknown keys and values of a wrong type.
    package private(set) var problems: [SettingProblem] = []
    /// Whether the file could not be read, or is not a JSON object: any setting may be in it.
    package private(set) var isUnread = true
    private let path: String

    /// Reads the file. A file that cannot be read, or is no JSON object, is one problem and has no settings.
    /// - Parameter config: the value of `CONFIG`, and where it was set.
    package init(readingFrom config: SettingValue) {
        path = config.text
        let place = "\(config.source.phrase(for: .config)): \(path)"
        do {
            let text = try InputFile.contents(of: path, limit: 1 << 20)
            guard case .object(let object) = try JSON(parsing: text) else {
                problems = [SettingProblem("\(place): the file is not a JSON object; write {\"port\": 3001}")]
                return
            }
            isUnread = false
            for member in object.members { read(member) }
        } catch let error as InvalidValue {
            problems = [SettingProblem("\(place): \(error.reason)")]
        } catch let error as JSONError {
            // Its message may quote the text, and the text may hold a key.
            let position = "line \(error.line), column \(error.column)"
            problems = [SettingProblem("\(place): \(position): this is not valid JSON")]
        } catch {
            problems = [SettingProblem("\(place): \(error)")]
        }
    }

    private mutating func read(_ member: JSONObject.Member) {
        guard let setting = Setting(key: member.name) else {
            let hint = Setting.nearest(toKey: member.name).map { "; did you mean \($0.key.debugDescription)?" }
            return problems.append(SettingProblem("\(path): unknown key \(member.name.shown)\(hint ?? "")"))
        }
        guard setting != .config else {
            return problems.append(SettingProblem("\(path): \"config\" cannot stand in the file itself; leave it out"))
        }
        guard let text = SettingsFile.text(of: member.value, for: setting) else {
            let right = SettingsFile.right(for: setting)
            return problems.append(SettingProblem("\(SettingSource.file(path).phrase(for: setting)): \(right)"))
        }
        values[setting] = text
    }

    private static func text(of value: JSON, for setting: Setting) -> String? {
        switch (value, setting.row.kind) {
        case (.string(let text), _) where !text.isEmpty: text
        case (.number(let number), .number): number.spelling
        case (.bool(let flag), .boolean): flag ? "true" : "false"
        case (.array(let items), .list): joined(items, with: ",")
        case (.array(let items), _) where setting == .apiKey: joined(items, with: "\n")
        default: nil
        }
    }

    private static func joined(_ items: [JSON], with separator: String) -> String? {
        let texts = items.compactMap(\.stringValue)
        let isWhole = texts.count == items.count && !texts.isEmpty && !texts.contains { $0.contains(separator) }
        return isWhole ? texts.joined(separator: separator) : nil
    }

    private static func right(for setting: Setting) -> String {
        switch setting.row.kind {
        case .text where setting == .apiKey: "write one key as a string, or several as an array of strings"
        case .text: "write it as a string that is not empty"
        case .number: "write it as a number or a string"
        case .boolean: "write true or false"
        case .list: "write it as an array of strings without commas, or a string with commas"
        }
    }
}
