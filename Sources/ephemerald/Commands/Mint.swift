import Curl
import EphemeraldCore
import EventLoop
import Glibc
import HTTP
import JSON
import OpenAISandbox
import Sessions
import Text

/// Mints one token for the session of that name and prints it to standard output, for a script. The reasons of a failure
/// go to standard error in full: who may run this command may read the log.
func mint(_ settings: Settings, session name: String) -> Outcome {
    let loaded = SessionCatalog.load(
        directory: settings.sessionsDirectory, today: Day.today, rules: settings.sessionRules)
    StandardError.print(
        settings.warnings.map(Diagnosis.warning)
            + loaded.findings.map {
                Diagnosis(
                    $0, in: settings.sessionsDirectory, setAs: settings.written.phrase(for: .sessionsDirectory))
            })
    guard let session = loaded.catalog.session(named: name) else {
        StandardError.print(["error: there is no valid session \(name) in \(settings.sessionsDirectory)"])
        return .configuration
    }
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

/// One mint, with the parts that the daemon mints with.
private final class SingleMint: @unchecked Sendable {
    // `@unchecked`: belongs to the thread of its loop.
    private(set) var outcome = Outcome.unavailable
    private let session: Session
    private let sandbox: SandboxServer?
    private let client: Client
    private let minter: Minter

    init(_ settings: Settings, session: Session, on loop: EventLoop) throws(SystemError) {
        self.session = session
        sandbox = try SandboxServer(settings.sandbox, on: loop)
        let client = Client(ClientSettings(settings.upstream, isSandbox: sandbox != nil), on: loop)
        self.client = client
        minter = Minter(
            upstream: Upstream(settings, sandboxURL: sandbox?.baseURL), shared: Minter.Shared(),
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
            let report = error.report.map { " (\($0.words))" } ?? ""
            StandardError.print(["error: \(error.refusal.code): \(error.refusal.detail)\(report)"])
        } catch {
            preconditionFailure("the two calls throw nothing else: \(error)")
        }
        client.close()
        await sandbox?.stop()
    }
}
