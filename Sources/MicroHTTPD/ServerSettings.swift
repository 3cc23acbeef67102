/// The limits of a server. All of them protect it from its clients; none depends on what is served.
package struct ServerSettings: Sendable {
    /// Bytes a request body may have; more is a defect (413).
    package var maxBody = 65_536
    /// Bytes that a request line and its field lines may have together; more is a defect (431).
    package var maxHead = 16_384
    /// Bytes of memory for the heads of one request and its answer, with libmicrohttpd's own bookkeeping. A head that
    /// needs nearly all of it leaves no room for an answer, so this is well above `maxHead`; a head that needs more
    /// gets the library's own 431.
    package var connectionMemory = 24_576
    /// Open connections per server; beyond it new ones wait in the kernel's backlog.
    package var maxConnections = 8_192
    /// From the first byte a request needs to its last, and from the first of the answer to its last: libmicrohttpd's
    /// own time limit starts anew with every byte.
    package var exchangeTimeout: Duration = .seconds(10)
    /// How long a connection may be silent between requests; longer than proxies keep theirs (nginx: 60 s), so that it
    /// is they who close.
    package var idleTimeout: Duration = .seconds(75)

    /// The defaults that stand at each member.
    package init() {}
}
