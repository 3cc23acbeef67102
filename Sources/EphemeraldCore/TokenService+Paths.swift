/// The paths of the service, as they stand in a request line.
extension TokenService {
    /// Where tokens are minted.
    package static let tokenPath = "/api/realtime/token"
    /// Where liveness is asked for.
    package static let healthPath = "/api/health"
    /// Where readiness is asked for.
    package static let readinessPath = "/api/health/ready"

    /// Those that stand in a usage line as the route.
    static let namedPaths = [tokenPath, healthPath, readinessPath]
}
