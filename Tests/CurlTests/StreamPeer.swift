import TestTools

/// The other end of byte streams, in a process of its own: it reads one line, and does what that says.
///
/// `echo`, `count N` (reads so many bytes, slowly at first, and answers with their SHA-256), `flood N` (sends so many
/// bytes, each the low byte of its place divided by 1,000), `bye`, `reset`, `alpn` (says which protocol ALPN chose).
final class StreamPeer {
    enum Transport: Equatable {
        case tcp, unix
        /// With that certificate of the authority's.
        case tls(String)
    }

    let port: UInt16
    let path: String
    let authority: TestAuthority
    private let process: ChildProcess

    init(_ transport: Transport, of authority: TestAuthority? = nil) throws {
        self.authority = try authority ?? TestAuthority()
        path = self.authority.path("peer.sock")
        var arguments = ["python3", "-u", "-c", program, path]
        if case .tls(let name) = transport {
            arguments += [self.authority.path("\(name).pem"), self.authority.path("\(name).key")]
        } else if transport == .unix {
            arguments.append("unix")
        }
        process = try ChildProcess(arguments)
        guard let line = process.readLine(), let port = UInt16(line) else { throw TestAuthority.Missing() }
        self.port = port
    }
}

private let program = """
    import hashlib, socket, ssl, struct, sys, threading, time

    path, certificate = sys.argv[1], sys.argv[2:]
    if certificate == ["unix"]:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(64)
        print(1)
    else:
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        print(listener.getsockname()[1])
    context = None
    if len(certificate) == 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        context.set_alpn_protocols(["h2", "http/1.1"])

    def serve(raw):
        stream = context.wrap_socket(raw, server_side=True) if context else raw
        line = b""
        while not line.endswith(b"\\n"):
            byte = stream.recv(1)
            if not byte:
                return
            line += byte
        word, *number = line.decode().split()
        if word == "echo":
            while data := stream.recv(65536):
                stream.sendall(data)
        elif word == "count":
            left, sha = int(number[0]), hashlib.sha256()
            time.sleep(0.2)
            while left:
                data = stream.recv(min(left, 65536))
                if not data:
                    return
                sha.update(data)
                left -= len(data)
            stream.sendall(sha.hexdigest().encode())
            stream.recv(1)
        elif word == "flood":
            count = int(number[0])
            stream.sendall(b"".join(bytes([block % 256]) * 1000 for block in range(count // 1000)))
            stream.recv(1)
        elif word == "bye":
            stream.sendall(b"bye")
        elif word == "alpn":
            stream.sendall(str(context and stream.selected_alpn_protocol()).encode())
            stream.recv(1)
        elif word == "reset":
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            stream.close()
            return
        stream.close()

    def guard(raw):
        try:
            serve(raw)
        except OSError:
            pass
        finally:
            raw.close()

    while True:
        raw, _ = listener.accept()
        threading.Thread(target=guard, args=(raw,), daemon=True).start()
    """
