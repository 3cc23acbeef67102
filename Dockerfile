# The image of ephemerald: a binary with the Swift runtime inside, on the Debian libraries that it links. It contains no
# shell, no package manager, no user database and no key.
#
# Who trusts whom: anyone who can write the session directory decides what is spent, and anyone who can read the key file
# can spend it. The key is mounted and is never in a layer; the image contains one session for a first try. HOST is
# 0.0.0.0, so the daemon refuses to start (78) until ALLOWED_ORIGINS and AUTH are set. They decide who, of those who can
# reach the port, gets a token.
#
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges \
#     --mount type=bind,src=/etc/ephemerald/sessions,dst=/etc/ephemerald/sessions,readonly \
#     --mount type=bind,src=/etc/ephemerald/key,dst=/run/secrets/openai_api_key,readonly \
#     --env ALLOWED_ORIGINS=https://app.example --env AUTH=none --env TRUSTED_PROXIES=172.17.0.1 \
#     --publish 127.0.0.1:3001:3001 ephemerald
#
# To pin the bases: --build-arg SWIFT_IMAGE=swift@sha256:... --build-arg DEBIAN_IMAGE=debian@sha256:...
ARG SWIFT_IMAGE=swift:6.3-bookworm
ARG DEBIAN_IMAGE=debian:bookworm-slim

FROM ${SWIFT_IMAGE} AS builder
# Debian's stable release replaces a package when it fixes its security, so a pinned version is soon gone.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        pkg-config libcurl4-openssl-dev libmicrohttpd-dev libhiredis-dev libssl-dev libwslay-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Package.swift Package.resolved* ./
COPY Sources Sources
COPY Tests Tests
RUN swift build -c release --product ephemerald --static-swift-stdlib
RUN mkdir /out \
    && install --strip "$(swift build -c release --show-bin-path)/ephemerald" /out/ephemerald

FROM ${DEBIAN_IMAGE} AS tree
COPY deploy/image-tree /usr/local/bin/image-tree
RUN apt-get update \
    && image-tree /tree \
    && rm -rf /var/lib/apt/lists/*

FROM scratch
LABEL org.opencontainers.image.title="ephemerald" \
      org.opencontainers.image.description="Mints OpenAI Realtime client secrets for browsers, creates their calls, and keeps the API key" \
      org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim"
COPY --from=tree /tree /
COPY --from=builder /out/ephemerald /usr/local/bin/ephemerald
# One session for a first try; a mount over the directory replaces it.
COPY sessions/default.json /etc/ephemerald/sessions/default.json
# The key is the file openai_api_key in CREDENTIALS_DIRECTORY, unless OPENAI_API_KEY or OPENAI_API_KEY_FILE is set.
ENV PATH=/usr/local/bin \
    HOST=0.0.0.0 \
    PORT=3001 \
    SESSIONS_DIR=/etc/ephemerald/sessions \
    CREDENTIALS_DIRECTORY=/run/secrets
WORKDIR /
# A number, so that Kubernetes can check runAsNonRoot. The user owns no file and has no home.
USER 10001:10001
EXPOSE 3001
STOPSIGNAL SIGTERM
# The exec form, because the image has no shell, and signals must reach the daemon.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 CMD ["/usr/local/bin/ephemerald", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/ephemerald"]
