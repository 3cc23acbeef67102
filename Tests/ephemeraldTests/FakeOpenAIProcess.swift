import EphemeraldCore
import Glibc
import TestTools

/// The stand-in for OpenAI of `Tests/BlackBox`, in a process of its own, with one call that is open.
final class FakeOpenAIProcess: @unchecked Sendable {
    // `@unchecked`: one task at a time reads its reports.
    let baseURL: String
    /// The upstream's id of the call.
    let callID: String
    let authority: TestAuthority?
    private let process: ChildProcess

    /// - Parameters:
    ///   - age: how long the call has been open, in seconds.
    ///   - faults: by their names in `fake_calls.py`. `drains=2` drains for so many seconds; `once-sideband-fails` is
    ///     over after the first sideband.
    init(_ type: CallType, age: Int = 0, faults: [String] = [], isEncrypted: Bool = false) throws {
        let authority = isEncrypted ? try TestAuthority() : nil
        let files = authority.map { [$0.path("localhost.pem"), $0.path("localhost.key")] } ?? ["", ""]
        process = try ChildProcess(
            ["python3", "-u", "-c", program, blackBox] + files + [type.rawValue, "\(age)"] + faults)
        let words = process.readLine()?.split(separator: " ") ?? []
        guard words.count == 2 else { throw TestAuthority.Missing() }
        baseURL = "\(isEncrypted ? "https" : "http")://127.0.0.1:\(words[0])/v1"
        callID = String(words[1])
        self.authority = authority
    }

    /// How the call ended, `open` if it did not, and the methods and last path segments of all requests.
    func report() -> String {
        process.signal(SIGUSR1)
        return process.readLine() ?? ""
    }
}

private let blackBox = #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" } + "/BlackBox"

private let program = """
    import signal, ssl, sys

    folder, certificate, key, kind, age, *faults = sys.argv[1:]
    sys.path.insert(0, folder)
    from fake_calls import SIDEBAND_FAULTS, Calls
    from fake_creations import Call
    from fake_openai import FakeOpenAI

    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.set_alpn_protocols(["http/1.1"])
    owner = FakeOpenAI(tls=context).start()
    calls = Calls(owner)
    call = Call(kind, owner.key, {"model": "m"}, b"", None)
    call.created -= float(age)
    calls.all.append(call)
    def once(fault):
        def act(upstream, received):
            calls.sideband_fault = None
            fault(upstream, received)
        calls.sideband_fault = act

    for fault in faults:
        name, _, seconds = fault.partition("=")
        if name.startswith("once-"):
            once(SIDEBAND_FAULTS[name.removeprefix("once-")])
            continue
        calls.fail(name)
        calls.drain_time = float(seconds or 10)

    def report(*_):
        calls.open
        print(call.ended or "open", *(f"{request.method}:{request.target.split('/')[-1]}" for request in owner.requests))

    signal.signal(signal.SIGUSR1, report)
    # The threads that run tests block signals, and a process inherits that.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
    print(owner.port, call.id)
    while True:
        signal.pause()
    """
