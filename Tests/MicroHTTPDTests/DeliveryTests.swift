import EventLoop
import HTTP
import Testing

@Suite(.timeLimit(.minutes(5)))
struct DeliveryTests {
    /// A server that reports what became of its answers. It answers `/slow` when the gate is open.
    private struct Reporting {
        let server: TestServer
        let gate = Gate()
        let arrivals: AsyncStream<Void>
        let reports: AsyncStream<Bool>

        init(body: [UInt8] = Array("answer".utf8)) async throws {
            let (reports, reported) = AsyncStream.makeStream(of: Bool.self)
            let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
            (self.reports, self.arrivals) = (reports, arrivals)
            let loop = try EventLoop()
            server = try await TestServer(on: loop) { [gate] request in
                arrived.yield()
                // A task of its own is not cancelled with the one that answers.
                if request.path == "/slow" { await Task(executorPreference: loop) { await gate.wait() }.value }
                var response = Response(.ok, body: body)
                response.delivery = Delivery { reported.yield($0) }
                return response
            }
        }

        func arrival() async { for await _ in arrivals { return } }

        func report() async -> Bool? {
            for await isHandedOver in reports { return isHandedOver }
            return nil
        }
    }

    @Test func `an answer that was sent was handed over, once each`() async throws {
        let reporting = try await Reporting()
        let client = try RawClient(port: reporting.server.port)
        for _ in 0..<2 {
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(client.read().hasSuffix("answer"))
            #expect(await reporting.report() == true)
        }
        client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(client.readToEnd().hasSuffix("answer"))
        #expect(await reporting.report() == true)
        await reporting.server.stop()
    }

    @Test func `an answer that takes time is handed over to a client that waits`() async throws {
        let reporting = try await Reporting()
        let client = try RawClient(port: reporting.server.port)
        client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        await reporting.arrival()
        reporting.gate.open()
        #expect(client.read().hasSuffix("answer"))
        #expect(await reporting.report() == true)
        await reporting.server.stop()
    }

    @Test(arguments: [true, false])
    func `an answer to a client that has gone was not handed over`(byReset: Bool) async throws {
        let reporting = try await Reporting()
        let client = try RawClient(port: reporting.server.port)
        client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        await reporting.arrival()
        if byReset { client.reset() } else { client.leave() }
        reporting.gate.open()
        #expect(await reporting.report() == false)
        await reporting.server.stop()
    }

    @Test func `unread bytes do not hide that the client has gone`() async throws {
        let reporting = try await Reporting()
        let client = try RawClient(port: reporting.server.port)
        client.send("POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n")
        await reporting.arrival()
        client.leave()
        reporting.gate.open()
        #expect(await reporting.report() == false)
        await reporting.server.stop()
    }

    @Test func `an answer that the client does not read to its end was not handed over`() async throws {
        let reporting = try await Reporting(body: [UInt8](repeating: 0x61, count: 30_000_000))
        let client = try RawClient(port: reporting.server.port)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(client.read().hasPrefix("HTTP/1.1 200"))
        client.reset()
        #expect(await reporting.report() == false)
        await reporting.server.stop()
    }

    @Test func `an answer that comes after the last one of a drain was not handed over`() async throws {
        let reporting = try await Reporting()
        let client = try RawClient(port: reporting.server.port)
        client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        await reporting.arrival()
        await reporting.server.drain(timeout: .zero)
        #expect(client.readToEnd().hasPrefix("HTTP/1.1 503"))
        reporting.gate.open()
        #expect(await reporting.report() == false)
        reporting.server.end()
    }

    @Test func `responses are compared without it`() {
        var response = Response(.ok)
        response.delivery = Delivery { _ in }
        var other = Response(.ok)
        other.delivery = Delivery { _ in }
        #expect(response == other)
        #expect(response.hashValue == other.hashValue)
    }
}
