package import ArgumentParser
import Curl
import EphemeraldCore
import EventLoop
import HTTP
import JSON
import OpenAISandbox
import Sessions
import Settings
import System
import Text

/// `ephemerald mint`: one token to standard output, for a script.
package struct MintCommand: ParsableCommand {
    /// Name and texts for `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "mint", abstract: "Print one token and exit.",
        usage: "ephemerald mint [--session NAME] [--SETTING VALUE ...]", discussion: HelpText.pointer)

    @Option(help: ArgumentHelp("The session to mint for.", valueName: "name"))
    var session = "default"

    @OptionGroup var arguments: SettingsArguments

    /// For swift-argument-parser, which fills in the options.
    package init() {}

    /// Waits for the upstream as long as a request would. The reasons of a failure are printed in full: anyone who may run
    /// this command may read the log.
    /// - Throws: the exit status, when it is not 0.
    package func run() throws {
        let reading = try arguments.read()
        StandardError.print(reading.findings)
        guard let settings = reading.settings, let sessions = reading.sessions else {
            return try Outcome.configuration.exit()
        }
        // Session files that are wrong stop only their own sessions.
        guard let session = sessions.catalog.session(named: session) else {
            let directory = settings.sessionFiles.directory
            StandardError.print(["error: \(directory) has no valid session named \(self.session)"])
            return try Outcome.configuration.exit()
        }
        guard session.access.offersTokens else {
            let refusal = Refusal.callRequired
            StandardError.print(["error: \(session.name): \(refusal.code): \(refusal.detail)"])
            return try Outcome.configuration.exit()
        }
        try MintCommand.mint(settings, session: session).exit()
    }

    private static func mint(_ settings: Settings, session: Session) -> Outcome {
        do throws(SystemError) {
            let loop = try EventLoop()
            let minting = try SingleMint(settings, session: session, on: loop)
            Task(executorPreference: loop) {
                await minting.perform()
                loop.stop()
            }
            loop.run()
            return minting.outcome
        } catch {
            StandardError.print(["error: \(error)"])
            return .unavailable
        }
    }
}

/// One mint, with the parts that the daemon mints with.
private final class SingleMint: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop.
    private(set) var outcome = Outcome.unavailable
    private let session: Session
    private let sandbox: SandboxServer?
    private let client: HTTPClient
    private let minter: Minter

    init(_ settings: Settings, session: Session, on loop: EventLoop) throws(SystemError) {
        self.session = session
        sandbox = try SandboxServer(settings.sandbox, on: loop)
        let client = HTTPClient(HTTPClientSettings(settings.upstream, isSandbox: sandbox != nil), on: loop)
        self.client = client
        minter = Minter(
            upstream: Upstream(settings, sandboxURL: sandbox?.baseURL), state: UpstreamState(),
            surroundings: .system(loop)
        ) { request async throws(TransferFailure) in try await client.send(request) }
    }

    func perform() async {
        do {
            let body = try session.body(overrides: [:], variables: [:])
            let requestID = RequestID(randomBits: UInt128.random(in: 0 ... .max))
            let secret = try await minter.mint(body, for: session, requestID: requestID)
            print(secret.value.reveal())
            outcome = .success
        } catch let error as Invalid {
            StandardError.print(["error: \(session.name): \(error.part ?? "") \(error.reason)"])
        } catch let error as MintFailure {
            let report = error.report.map { " (\($0.summary))" } ?? ""
            StandardError.print(["error: \(error.refusal.code): \(error.refusal.detail)\(report)"])
        } catch {
            preconditionFailure("the two calls throw nothing else: \(error)")
        }
        client.close()
        await sandbox?.stop()
    }
}
