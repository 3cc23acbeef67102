import JSON

extension Setting {
    /// One sentence or two: what it is, and who is trusted because of it.
    var help: String {
        switch self {
        case .config:
            "A JSON file with settings, as in {\"port\": 3001}. Whoever may write it decides everything below."
        case .watch:
            "Whether files take effect when they change: session files, the files of keys and callers, the file of "
                + "CONFIG. With false they wait for SIGHUP."
        case .host:
            "The address to listen on, or unix:PATH for a socket. Beyond loopback whoever reaches the address may "
                + "ask, so ALLOWED_ORIGINS and AUTH must be set."
        case .port: "The port to listen on, 0 to 65535; 0 takes a free one. Without meaning for unix:PATH."
        case .socketMode:
            "The permissions of unix sockets (HOST, OPS_HOST), in octal. Connecting needs write permission: with 0660 "
                + "the proxy's user must be in the daemon's group."
        case .loops: "Event loops, each with a thread and a listening socket of its own, 1 to 256."
        case .drainDelay:
            "How long SIGTERM only turns readiness, before the listening socket closes: the time in which a load "
                + "balancer notices, 0s to 10min."
        case .drainTimeout: "How long requests in flight may take once the socket is closed, 0s to 10min."
        case .operationsHost:
            "The address of the operations listener, or a name for it. Anyone who can reach it reads metrics and "
                + "readiness."
        case .operationsPort: "The port of the operations listener, 0 to 65535, or off."
        case .allowedOrigins:
            "The web pages that may ask for a token: https://app.example, https://*.example.com for one label, "
                + "https://app-*-team.example.com for a part of one, http://localhost:* for any port. Every page of "
                + "these origins is trusted to start sessions."
        case .allowMissingOrigin:
            "Whether requests without an Origin field, from native apps and scripts, are answered. Then everybody "
                + "who reaches the address is trusted."
        case .allowSharedSuffixes:
            "Whether a wildcard may be under a domain where anyone can register a name, as in https://*.vercel.app. "
                + "Then the pages of strangers there are trusted as well."
        case .allowCredentials:
            "Whether browsers may send cookies with a request from another origin, for a proxy that logs users in by "
                + "cookie. Needs exact origins; scripts of these can then ask as the user."
        case .trustedProxies:
            "Addresses and CIDR ranges, and unix: for the socket, whose forwarding headers are believed. They decide "
                + "who counts as which client."
        case .auth:
            "How callers prove who they are: none, or one or more of bearer, jwt and proxy. none trusts the origin "
                + "and the network alone."
        case .authKeysFile:
            "The keys of callers for AUTH=bearer, one name:sha256 a line, as ephemerald key prints it. Whoever may "
                + "write it decides who may call."
        case .jwtKeys:
            "The keys of tokens for AUTH=jwt: a file (JWKS, public key or certificate in PEM, or a secret for "
                + "HS256), or the https address of a JWKS. Whoever can write there, or has a private key, decides who "
                + "may call."
        case .jwtIssuer:
            "What a token must say as iss, exactly. Without it tokens of every issuer with those keys are taken."
        case .jwtAudience:
            "What a token must say as aud, or as one of its members, exactly. Without it tokens that were made for "
                + "other services are taken."
        case .jwtLeeway: "How far the issuer's clock may differ, 0s to 5min; a token is taken so much longer."
        case .jwtSessionsClaim:
            "The claim that names the sessions a caller may use. A token without it may use all of them."
        case .authProxyHeader:
            "The field in which a proxy of TRUSTED_PROXIES names the user, for AUTH=proxy. That proxy is trusted to "
                + "let nobody else write it."
        case .sessionsDirectory: "The directory of the session files. Whoever may write there decides what is spent."
        case .demo:
            "Whether a page to try it out is served at /. Whoever reaches it may ask as every page of its origin "
                + "may."
        case .maxBody: "The largest request body, 1KiB to 16MiB; a larger one is answered with 413."
        case .maxInFlight: "Mints under way at once, 1 to 100000; beyond them 503 with Retry-After."
        case .limitClient: "Tokens for one client address (IPv6: one /64), or off."
        case .limitCaller: "Tokens for one caller, by the name that AUTH gives him, from whatever address; or off."
        case .limitOrigin: "Tokens for all pages of one origin, or off. Requests without an origin count as one origin."
        case .limitSession: "Tokens for one session, whoever asks for it, or off."
        case .limitAll: "Tokens for everybody together, or off: the most that strangers can cost."
        case .limitRefusals:
            "Refused requests of one client address (IPv6: one /64) that have a usage line and say why, or off. Beyond "
                + "them refusals are answered with 429; no other request is affected."
        case .quotaCaller:
            "Tokens a day (UTC) for one caller, by the name that AUTH gives him; or off. Needs a USAGE_LOG file."
        case .quotaSession: "Tokens a day (UTC) for one session, whoever asks for it; or off."
        case .quotaAll: "Tokens a day (UTC) for everybody together, or off: the most that a day can cost."
        case .paused:
            "Whether the daemon starts without minting: every request for a token is answered with 503. SIGUSR1 and "
                + "SIGUSR2 pause and resume a running one."
        case .redisURL:
            "A Redis or Valkey in which several daemons count limits and quotas together: "
                + "redis://[user:password@]host:port/db, rediss://… for TLS, or redis+unix:///path?db=N. It is a "
                + "secret, so it is no flag. "
                + "Whoever can write there decides what is let through."
        case .redisURLFile: "A file with that URL. Whoever can read it can do with that Redis what the daemon can."
        case .redisCAFile: "The certificate authorities, in PEM, that are trusted to vouch for a rediss:// server."
        case .redisDown: "What happens while Redis is away: local, each daemon counts for itself; refuse, 503."
        case .apiKey: "The standard API key. It is a secret, so it is no flag; prefer OPENAI_API_KEY_FILE."
        case .apiKeyFile:
            "A file with one API key a line, tried in order. Whoever can read it can spend the account's money."
        case .baseURL: "Where tokens are minted. That server is given the API key. http only on loopback."
        case .organization: "The organization that is charged, as OpenAI-Organization."
        case .project: "The project that is charged, as OpenAI-Project."
        case .authHeader: "The field that carries the API key: Authorization, or api-key for Azure OpenAI."
        case .callsURL: "Where browsers are sent with their token. That server hears the conversation."
        case .safetySaltFile:
            "The salt, 16 bytes or more, of the identifiers by which OpenAI tells callers apart. Whoever can read it "
                + "can find out whose an identifier is."
        case .upstreamTimeout: "How long a mint may take with all its retries, 100ms to 5min."
        case .upstreamConnectTimeout: "How long one connection to OpenAI may take to open, 50ms up to UPSTREAM_TIMEOUT."
        case .upstreamHTTP: "The HTTP version towards OpenAI: 1.1 or 2."
        case .upstreamCAFile: "The certificate authorities, in PEM, that are trusted to vouch for OpenAI."
        case .upstreamProxy:
            "The HTTP proxy towards OpenAI. It sees when and how often tokens are minted. https_proxy in the "
                + "environment is not obeyed."
        case .upstreamTrace:
            "Whether the trace that a proxy of TRUSTED_PROXIES names in traceparent is handed to OpenAI, which can "
                + "then tell the requests of one visitor."
        case .usageLog:
            "Where the usage lines go, one JSON object a request; - is standard output. They name client addresses."
        case .logLevel:
            "The least of what is told on standard error: trace, debug, info, notice, warning, error or critical."
        case .logFormat:
            "How it is told: text, json (one object a line), or auto: text on a terminal and json elsewhere."
        case .sandbox: "Whether a built-in stand-in plays OpenAI: no key, no cost, tokens that no real call accepts."
        case .sandboxLatency: "How long the stand-in waits before it answers, 0ms to 10min."
        case .sandboxFault:
            "What the stand-in does wrong, on purpose: refuse, reset, garbage, slow-headers, late, not-json, huge, "
                + "quota, or a status of 400 to 599."
        }
    }
}
