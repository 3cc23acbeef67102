import Curl
import HTTP
import TestTools
import WebSocket

/// A WebSocket server in a process of its own, strict about what a client sends. The path of a URL says what it does on
/// that connection, and its report says what the client sent: the kinds and payloads of its frames, and how it ended.
///
/// `/echo` sends messages back. `/raw/HEX` accepts and sends those bytes at once, `/slow/HEX` the same byte by byte,
/// `/cut/HEX` closes the connection after them, and `/reset/HEX` resets it. `/answer/HEX` sends the bytes in place of the
/// answer, with `{accept}` replaced, and so many letters for `{5x}`; `/last/HEX` closes the connection after them, and
/// `/drip/HEX` sends them byte by byte, with so many chunks of one byte for `{5c}`. `/alpn` says which protocol was chosen, and `/silent` never answers. `/flood/COUNT/SIZE` sends so many messages of that size, then `done`.
final class WebSocketPeer: @unchecked Sendable {
    // `@unchecked`: one task at a time reads its reports.
    private let port: UInt16
    private let authority: TestAuthority?
    private let process: ChildProcess

    /// - Parameter isEncrypted: whether it speaks TLS, as `localhost`.
    init(isEncrypted: Bool = false) throws {
        let authority = isEncrypted ? try TestAuthority() : nil
        self.authority = authority
        let files = authority.map { [$0.path("localhost.pem"), $0.path("localhost.key")] } ?? []
        process = try ChildProcess(["python3", "-u", "-c", program] + files)
        guard let line = process.readLine(), let port = UInt16(line) else { throw TestAuthority.Missing() }
        self.port = port
    }

    /// The way to do something there.
    func target(_ path: String) throws -> WebSocketTarget {
        let scheme = authority == nil ? "ws" : "wss"
        guard var target = WebSocketTarget(url: "\(scheme)://localhost:\(port)\(path)", fields: ["X-Test": "a b"])
        else { throw TestAuthority.Missing() }
        target.stream.tls?.caFile = authority?.path("ca.pem")
        target.stream.connectTimeout = .seconds(20)
        return target
    }

    /// What the client sent on the next connection that has ended. Blocks: not for a loop's thread.
    func report() -> String? { process.readLine() }
}

/// The bytes of a frame of a server, in hexadecimal digits.
func frame(_ opcode: UInt8, _ payload: [UInt8], isLast: Bool = true) -> String {
    let count =
        switch payload.count {
        case ...125: [UInt8(payload.count)]
        case ...0xFFFF: [126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default: [127] + (0..<8).map { UInt8(payload.count >> (56 - 8 * $0) & 255) }
        }
    return ([opcode | (isLast ? 0x80 : 0)] + count + payload).map(hex).joined()
}

func frame(_ opcode: UInt8, _ text: String, isLast: Bool = true) -> String {
    frame(opcode, Array(text.utf8), isLast: isLast)
}

func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

private let program = """
    import base64, hashlib, re, socket, ssl, struct, sys, threading, time

    certificate = sys.argv[1:]
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        context.set_alpn_protocols(["h2", "http/1.1"])
    print(listener.getsockname()[1])

    class Wrong(Exception):
        pass

    def accept_for(stream):
        head = b""
        while not head.endswith(b"\\r\\n\\r\\n"):
            byte = stream.recv(1)
            if not byte:
                raise Wrong("no request")
            head += byte
        first, *lines = head.decode().split("\\r\\n")[:-2]
        fields = dict(line.split(": ") for line in lines)
        method, path, version = first.split(" ")
        right = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "X-Test": "a b",
                 "Host": "localhost:" + str(listener.getsockname()[1])}
        key = fields.pop("Sec-WebSocket-Key")
        if (method, version) != ("GET", "HTTP/1.1") or fields != right or len(base64.b64decode(key)) != 16:
            raise Wrong("request " + repr(head))
        digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        return path, base64.b64encode(digest)

    def exactly(stream, count):
        data = b""
        while len(data) < count:
            more = stream.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def next_frame(stream):
        first, second = exactly(stream, 2)
        opcode, count = first & 15, second & 127
        if not first & 128 or first & 112 or not second & 128 or opcode not in (1, 2, 8, 9, 10):
            raise Wrong(f"frame {first:x} {second:x}")
        if count > 125:
            if opcode > 7:
                raise Wrong("long control frame")
            size = 2 if count == 126 else 8
            count = int.from_bytes(exactly(stream, size), "big")
            if count < (126 if size == 2 else 65536):
                raise Wrong("length")
        mask = exactly(stream, 4)
        payload = exactly(stream, count)
        return opcode, bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))

    def described(opcode, payload):
        if opcode == 8:
            code = int.from_bytes(payload[:2], "big") if payload else 0
            return f"close({code}:{payload[2:].decode()})"
        return {1: "text", 2: "binary", 9: "ping", 10: "pong"}[opcode] + f"({payload.decode('latin-1')})"

    def server_frame(opcode, payload):
        count = len(payload)
        head = bytes([count]) if count < 126 else struct.pack(">BH", 126, count) if count < 65536 \\
            else struct.pack(">BQ", 127, count)
        return bytes([128 | opcode]) + head + payload

    def converse(stream, seen, mode):
        while True:
            opcode, payload = next_frame(stream)
            seen.append(described(opcode, payload) if len(payload) < 200 else f"{opcode}:{len(payload)}")
            if opcode == 8:
                stream.sendall(server_frame(8, payload))
                return
            if mode == "echo" and opcode in (1, 2):
                stream.sendall(server_frame(opcode, payload))

    def serve(raw):
        seen = []
        try:
            stream = context.wrap_socket(raw, server_side=True) if context else raw
            path, accept = accept_for(stream)
            _, mode, *words = path.split("/")
            answer = b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: WebSocket\\r\\nConnection: keep-alive, upgrade\\r\\n" \\
                + b"Sec-WebSocket-Accept: " + accept + b"\\r\\n\\r\\n"
            data = bytes.fromhex(words[0]) if words and mode != "flood" else b""
            if mode in ("answer", "last"):
                data = re.sub(rb"\\{(\\d+)x\\}", lambda match: b"x" * int(match[1]), data)
                stream.sendall(data.replace(b"{accept}", accept))
            elif mode == "slow":
                for byte in answer + data:
                    stream.sendall(bytes([byte]))
                    time.sleep(0.001)
            elif mode == "drip":
                stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for byte in re.sub(rb"\\{(\\d+)c\\}", lambda match: b"1\\r\\nx\\r\\n" * int(match[1]), data):
                    stream.sendall(bytes([byte]))
            elif mode == "alpn":
                stream.sendall(answer + server_frame(1, str(context and stream.selected_alpn_protocol()).encode()))
            elif mode == "flood":
                stream.sendall(answer)
                audio = server_frame(1, b'{"type":"audio","delta":"' + b"A" * int(words[1]) + b'"}')
                for _ in range(int(words[0])):
                    stream.sendall(audio)
                stream.sendall(server_frame(1, b"done"))
            elif mode != "silent":
                stream.sendall(answer + data)
            if mode == "reset":
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if mode not in ("cut", "reset", "last"):
                converse(stream, seen, mode)
            stream.close()
        except EOFError:
            seen.append("end")
        except Wrong as wrong:
            seen.append(f"wrong: {wrong}")
        except OSError as error:
            seen.append(type(error).__name__)
        finally:
            raw.close()
            print(" ".join(seen))

    while True:
        raw, _ = listener.accept()
        threading.Thread(target=serve, args=(raw,), daemon=True).start()
    """
