/// The limits of a server. All of them protect it from its clients; none depends on what is served.
package struct ServerSettings: Sendable {
    /// Bytes a request body may have; more is a defect (413).
    package var maxBody = 65_536
    /// Bytes of memory for the head of one request, with libmicrohttpd's own bookkeeping; a larger head gets its 431.
    package var connectionMemory = 16_384
    /// Open connections per server; beyond it new ones wait in the kernel's backlog.
    package var maxConnections = 8_192
    /// From the first byte a request needs to its last, and from the first of the answer to its last: libmicrohttpd's
    /// own time limit starts anew with every byte.
    package var exchangeTimeout: Duration = .seconds(10)
    /// How long a connection may be silent between requests; longer than proxies keep theirs (nginx: 60 s), so that it
    /// is they who close.
    package var idleTimeout: Duration = .seconds(75)

    package init() {}
}
