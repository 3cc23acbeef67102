import FoundationEssentials
import JSON
import System
import Text

/// The file of `--config`: one JSON object, its keys the settings' names in lower case with dashes.
struct SettingsFile {
    /// The settings in it, as they would be written in the environment, without keys that are wrong.
    private(set) var values: [Setting: String] = [:]
    /// Unknown keys and values of a wrong type.
    private(set) var problems: [SettingProblem] = []
    /// Whether the file could not be read, or is not a JSON object: any setting may be in it.
    private(set) var isUnread = true
    private let path: String

    /// Reads the file. A file that cannot be read, or is not a JSON object, is one problem and has no settings.
    /// - Parameter config: the value of `CONFIG`, and where it was set.
    init(readingFrom config: SettingValue, pipes: InputFile.Pipes) {
        path = config.text
        let place = "\(config.source.phrase(for: .config)): \(path)"
        do {
            let text = try InputFile.contents(of: path, limit: 1 << 20, pipes: pipes)
            guard case .object(let object) = try JSON(parsing: text) else {
                problems = [SettingProblem("\(place): the file is not a JSON object; write {\"port\": 3001}")]
                return
            }
            isUnread = false
            for member in object.members { read(member) }
        } catch let error as Invalid {
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
        guard let setting = Setting.withKey(member.name) else {
            let hint = Setting.nearest(toKey: member.name).map { "; did you mean \($0.key.debugDescription)?" }
            return problems.append(SettingProblem("\(path): unknown key \(member.name.shown)\(hint ?? "")"))
        }
        guard setting != .config else {
            return problems.append(SettingProblem("\(path): \"config\" cannot be in the file itself; remove it"))
        }
        guard let text = SettingsFile.text(of: member.value, for: setting) else {
            let right = SettingsFile.right(for: setting)
            return problems.append(SettingProblem("\(SettingSource.file(path).phrase(for: setting)): \(right)"))
        }
        values[setting] = text
    }

    private static func text(of value: JSON, for setting: Setting) -> String? {
        switch (value, setting.kind) {
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
        switch setting.kind {
        case .text where setting == .apiKey: "write one key as a string, or several as an array of strings"
        case .text: "write it as a string that is not empty"
        case .number: "write it as a number or a string"
        case .boolean: "write true or false"
        case .list: "write it as an array of strings without commas, or a string with commas"
        }
    }
}
