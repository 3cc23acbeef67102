extension Setting {
    /// The setting's row of the table.
    package var row: SettingRow {
        switch self {
        case .config:
            SettingRow(
                .sources, .text, .none, "FILE",
                "A JSON file with settings, as in {\"port\": 3001}. Whoever may write it decides everything "
                    + "below.")
        case .host:
            SettingRow(
                .listening, .text, .value("127.0.0.1"), "ADDRESS",
                "The address to listen on, or unix:PATH for a socket. Beyond loopback whoever reaches the address "
                    + "may ask, so ALLOWED_ORIGINS and AUTH must be set.")
        case .port:
            SettingRow(
                .listening, .number, .value("3001"), "NUMBER",
                "The port to listen on, 0 to 65535; 0 takes a free one. Without meaning for unix:PATH.")
        case .loops:
            SettingRow(
                .listening, .number, .computed("number of cores"), "NUMBER",
                "Event loops, each with a thread and a listening socket of its own, 1 to 256.")
        case .drainDelay:
            SettingRow(
                .listening, .text, .value("0s"), "DURATION",
                "How long SIGTERM only turns readiness, before the listening socket closes: the time in which a load "
                    + "balancer notices, 0s to 10min.")
        case .drainTimeout:
            SettingRow(
                .listening, .text, .value("15s"), "DURATION",
                "How long requests in flight may take once the socket is closed, 0s to 10min.")
        case .operationsHost:
            SettingRow(
                .listening, .text, .value("127.0.0.1"), "ADDRESS",
                "The address of the operations listener, which tells metrics to whoever reaches it.")
        case .operationsPort:
            SettingRow(
                .listening, .number, .value("9464"), "NUMBER",
                "The port of the operations listener, 0 to 65535, or off.")
        case .allowedOrigins:
            SettingRow(
                .access, .list, .computed("http://localhost:*,http://127.0.0.1:* on loopback"), "LIST",
                "The web pages that may ask for a token: https://app.example, https://*.example.com for one "
                    + "label, http://localhost:* for any port. Every page of these origins is trusted to start "
                    + "sessions.")
        case .allowMissingOrigin:
            SettingRow(
                .access, .boolean, .value("false"), "true|false",
                "Whether requests without an Origin field, from native apps and scripts, are answered. Then "
                    + "everybody who reaches the address is trusted.")
        case .trustedProxies:
            SettingRow(
                .access, .list, .none, "LIST",
                "Addresses and CIDR ranges, and unix: for the socket, whose forwarding headers are believed. They "
                    + "decide who counts as which client.")
        case .auth:
            SettingRow(
                .access, .list, .computed("none on loopback"), "LIST",
                "How callers prove who they are: none, or one or more of bearer, jwt and proxy. none trusts the "
                    + "origin and the network alone.")
        case .authKeysFile:
            SettingRow(
                .access, .text, .none, "FILE",
                "The keys of callers for AUTH=bearer, one name:sha256 a line, as ephemerald key prints it. Whoever "
                    + "may write it decides who may call.")
        case .jwtKeys:
            SettingRow(
                .access, .text, .none, "FILE|URL",
                "The keys of tokens for AUTH=jwt: a file (JWKS, public key or certificate in PEM, or a secret for "
                    + "HS256), or the https address of a JWKS. Whoever can write there, or has a private key, decides "
                    + "who may call.")
        case .jwtIssuer:
            SettingRow(
                .access, .text, .none, "TEXT",
                "What a token must say as iss, exactly. Without it tokens of every issuer with those keys are taken.")
        case .jwtAudience:
            SettingRow(
                .access, .text, .none, "TEXT",
                "What a token must say as aud, or as one of its members, exactly. Without it tokens that were made "
                    + "for other services are taken.")
        case .jwtLeeway:
            SettingRow(
                .access, .text, .value("30s"), "DURATION",
                "How far the issuer's clock may differ, 0s to 5min; a token is taken so much longer.")
        case .jwtSessionsClaim:
            SettingRow(
                .access, .text, .value("sessions"), "NAME",
                "The claim that names the sessions a caller may use. A token without it may use all of them.")
        case .authProxyHeader:
            SettingRow(
                .access, .text, .value("X-Auth-Request-User"), "NAME",
                "The field in which a proxy of TRUSTED_PROXIES names the user, for AUTH=proxy. That proxy is trusted "
                    + "to let nobody else write it.")
        case .sessionsDirectory:
            SettingRow(
                .access, .text, .value("sessions"), "DIRECTORY",
                "The directory of the session files. Whoever may write there decides what is spent.")
        case .demo:
            SettingRow(
                .access, .boolean, .computed("true with SANDBOX, false without"), "true|false",
                "Whether a page to try it out is served at /. Whoever reaches it may ask as every page of its origin "
                    + "may.")
        case .maxBody:
            SettingRow(
                .limits, .number, .value("64KiB"), "SIZE",
                "The largest request body, 1KiB to 16MiB; a larger one is answered with 413.")
        case .maxInFlight:
            SettingRow(
                .limits, .number, .value("2048"), "NUMBER",
                "Mints under way at once, 1 to 100000; beyond them 503 with Retry-After.")
        case .limitClient:
            SettingRow(
                .limits, .text, .value("10/min burst 5"), "LIMIT",
                "Tokens for one client address (IPv6: one /64), or off.")
        case .limitCaller:
            SettingRow(
                .limits, .text, .value("off"), "LIMIT",
                "Tokens for one caller, by the name that AUTH gives him, from whatever address; or off.")
        case .limitOrigin:
            SettingRow(
                .limits, .text, .value("off"), "LIMIT",
                "Tokens for all pages of one origin, or off. Requests without an origin count as one origin.")
        case .limitSession:
            SettingRow(
                .limits, .text, .value("off"), "LIMIT",
                "Tokens for one session, whoever asks for it, or off.")
        case .limitAll:
            SettingRow(
                .limits, .text, .value("600/min burst 100"), "LIMIT",
                "Tokens for everybody together, or off: the most that strangers can cost.")
        case .quotaCaller:
            SettingRow(
                .limits, .number, .value("off"), "NUMBER",
                "Tokens a day (UTC) for one caller, by the name that AUTH gives him; or off. Needs a USAGE_LOG file.")
        case .quotaSession:
            SettingRow(
                .limits, .number, .value("off"), "NUMBER",
                "Tokens a day (UTC) for one session, whoever asks for it; or off.")
        case .quotaAll:
            SettingRow(
                .limits, .number, .value("off"), "NUMBER",
                "Tokens a day (UTC) for everybody together, or off: the most that a day can cost.")
        case .paused:
            SettingRow(
                .limits, .boolean, .value("false"), "true|false",
                "Whether the daemon starts without minting: every request for a token is answered with 503. SIGUSR1 "
                    + "and SIGUSR2 pause and resume a running one.")
        case .redisURL:
            SettingRow(
                .limits, .text, .none, "URL",
                "A Redis or Valkey in which several daemons count limits and quotas together: "
                    + "redis://[user:password@]host:port/db or redis+unix:///path?db=N. It is a secret, so it is no flag. "
                    + "Whoever can write there decides what is let through.")
        case .redisURLFile:
            SettingRow(
                .limits, .text, .none, "FILE",
                "A file with that URL. Whoever can read it can do with that Redis what the daemon can.")
        case .redisDown:
            SettingRow(
                .limits, .text, .value("local"), "local|refuse",
                "What happens while Redis is away: local, each daemon counts for itself; refuse, 503.")
        case .apiKey:
            SettingRow(
                .openAI, .text, .none, "KEY",
                "The standard API key. It is a secret, so it is no flag; prefer OPENAI_API_KEY_FILE.")
        case .apiKeyFile:
            SettingRow(
                .openAI, .text, .computed("openai_api_key in $CREDENTIALS_DIRECTORY"), "FILE",
                "A file with one API key a line, tried in order. Whoever can read it can spend the account's "
                    + "money.")
        case .baseURL:
            SettingRow(
                .openAI, .text, .value("https://api.openai.com/v1"), "URL",
                "Where tokens are minted. That server is given the API key. http only on loopback.")
        case .organization:
            SettingRow(
                .openAI, .text, .none, "ID",
                "The organization that is charged, as OpenAI-Organization.")
        case .project:
            SettingRow(
                .openAI, .text, .none, "ID",
                "The project that is charged, as OpenAI-Project.")
        case .authHeader:
            SettingRow(
                .openAI, .text, .value("Authorization"), "NAME",
                "The field that carries the API key: Authorization, or api-key for Azure OpenAI.")
        case .callsURL:
            SettingRow(
                .openAI, .text, .computed("OPENAI_BASE_URL + /realtime/calls"), "URL",
                "Where browsers are sent with their token. That server hears the conversation.")
        case .safetySaltFile:
            SettingRow(
                .openAI, .text, .computed("safety_salt in $STATE_DIRECTORY"), "FILE",
                "The salt, 16 bytes or more, of the identifiers by which OpenAI tells callers apart. Whoever can read "
                    + "it can find out whose an identifier is.")
        case .upstreamTimeout:
            SettingRow(
                .upstream, .text, .value("10s"), "DURATION",
                "How long a mint may take with all its retries, 100ms to 5min.")
        case .upstreamConnectTimeout:
            SettingRow(
                .upstream, .text, .value("3s"), "DURATION",
                "How long one connection to OpenAI may take to open, 50ms up to UPSTREAM_TIMEOUT.")
        case .upstreamHTTP:
            SettingRow(
                .upstream, .number, .value("1.1"), "VERSION",
                "The HTTP version towards OpenAI: 1.1 or 2.")
        case .upstreamCAFile:
            SettingRow(
                .upstream, .text, .computed("the system's bundle"), "FILE",
                "The certificate authorities, in PEM, that are trusted to vouch for OpenAI.")
        case .upstreamProxy:
            SettingRow(
                .upstream, .text, .none, "URL",
                "The HTTP proxy towards OpenAI. It sees when and how often tokens are minted. https_proxy in the "
                    + "environment is not obeyed.")
        case .usageLog:
            SettingRow(
                .output, .text, .value("-"), "FILE",
                "Where the usage lines go, one JSON object a request; - is standard output. They name client "
                    + "addresses.")
        case .logLevel:
            SettingRow(
                .output, .text, .value("info"), "LEVEL",
                "The least of what is told on standard error: trace, debug, info, notice, warning, error or "
                    + "critical.")
        case .sandbox:
            SettingRow(
                .sandbox, .boolean, .value("false"), "true|false",
                "Whether a built-in stand-in plays OpenAI: no key, no cost, tokens that no real call accepts.")
        case .sandboxLatency:
            SettingRow(
                .sandbox, .text, .value("0ms"), "DURATION",
                "How long the stand-in waits before it answers, 0ms to 10min.")
        case .sandboxFault:
            SettingRow(
                .sandbox, .text, .value("none"), "FAULT",
                "What the stand-in does wrong, on purpose: refuse, reset, garbage, slow-headers, late, not-json, huge, "
                    + "quota, or a status of 400 to 599.")
        }
    }
}
