/* The floor for ephemerald: the same job in plain C on the same two libraries, as short as it can be, in one thread.
 *
 * It answers health and preflights, refuses strangers (403) and clients that request too much (429), mints a token at
 * the upstream over a kept connection, and writes a usage line. It has no settings, no authentication, no sessions, no
 * checks of what HTTP forbids, no metrics, no retries and no drain: it shows what the libraries and the kernel cost. */
#define _GNU_SOURCE
#define CURL_DISABLE_TYPECHECK 1
#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { buckets = 4096, largest_answer = 16384 };

/* One request from its head to its last byte. Those that are done wait in `unused`, with their easy handle. */
struct call {
    struct call *next;
    struct MHD_Connection *connection;
    CURL *easy;
    double begun;
    int status;
    bool is_minted;
    char id[33];
    size_t length;
    char answer[largest_answer];
};

struct bucket {
    in_addr_t address;
    double tokens, filled;
};

static struct call *unused;
static struct bucket clients[buckets];
static struct MHD_Daemon *server;
static CURLM *multi;
static CURLU *url;
static struct curl_slist *fields;
static const char *session, *authorities;
static double rate, burst, deadline = -1;
static int poll, usage;
static bool must_run;

static void fail(const char *what) {
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Writes 32 hexadecimal digits of randomness, which the kernel is asked for 16 times at once. */
static void make_id(char *id) {
    static unsigned char pool[256];
    static size_t used = sizeof pool;
    if (used == sizeof pool) {
        if (getrandom(pool, sizeof pool, 0) != (ssize_t)sizeof pool) fail("getrandom");
        used = 0;
    }
    for (int i = 0; i < 16; i++, used++) {
        id[2 * i] = "0123456789abcdef"[pool[used] >> 4];
        id[2 * i + 1] = "0123456789abcdef"[pool[used] & 15];
    }
    id[32] = '\0';
}

static const char *field(struct call *call, const char *name) {
    return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

static in_addr_t address(struct call *call) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return ((const struct sockaddr_in *)info->client_addr)->sin_addr.s_addr;
}

/* Takes a token of the client's bucket; false when it is empty. */
static bool admit(in_addr_t client) {
    size_t place = client * 2654435761u % buckets;
    while (clients[place].filled != 0 && clients[place].address != client) place = (place + 1) % buckets;
    struct bucket *bucket = &clients[place];
    double time = now(CLOCK_MONOTONIC);
    double tokens = bucket->filled == 0 ? burst : bucket->tokens + (time - bucket->filled) * rate;
    *bucket = (struct bucket){client, tokens > burst ? burst : tokens, time};
    if (bucket->tokens < 1) return false;
    bucket->tokens -= 1;
    return true;
}

static void write_usage(struct call *call, const char *method) {
    char line[1024], time[32], client[INET_ADDRSTRLEN];
    struct timespec clock;
    clock_gettime(CLOCK_REALTIME, &clock);
    struct tm parts;
    strftime(time, sizeof time, "%FT%T", gmtime_r(&clock.tv_sec, &parts));
    struct in_addr from = {address(call)};
    const char *origin = field(call, "Origin"), *agent = field(call, "User-Agent");
    int length = snprintf(line, sizeof line,
                          "{\"time\":\"%s.%03ldZ\",\"id\":\"%s\",\"client\":\"%s\",\"origin\":\"%.100s\","
                          "\"method\":\"%s\",\"status\":%d,\"duration\":%.6f,\"agent\":\"%.100s\"}\n",
                          time, clock.tv_nsec / 1000000, call->id, inet_ntop(AF_INET, &from, client, sizeof client),
                          origin ? origin : "", method, call->status, now(CLOCK_MONOTONIC) - call->begun,
                          agent ? agent : "");
    if (write(usage, line, (size_t)length) != length) fail("usage line");
}

/* Queues an answer with the fields that all have; `more` are pairs of names and values that end with NULL. */
static enum MHD_Result answer(struct call *call, int status, const char *body, const char *const *more) {
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(body), (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);
    const char *origin = field(call, "Origin");
    const char *const common[] = {"Vary", "Origin", "Cache-Control", "no-store", "X-Content-Type-Options", "nosniff",
                                  "Referrer-Policy", "no-referrer", "X-Request-Id", call->id, NULL};
    if (origin != NULL && status != MHD_HTTP_FORBIDDEN) {
        MHD_add_response_header(response, "Access-Control-Allow-Origin", origin);
        MHD_add_response_header(response, "Access-Control-Expose-Headers", "Retry-After, X-Request-Id");
    }
    for (const char *const *pair = common; *pair != NULL; pair += 2) MHD_add_response_header(response, pair[0], pair[1]);
    for (const char *const *pair = more; *pair != NULL; pair += 2) MHD_add_response_header(response, pair[0], pair[1]);
    enum MHD_Result result = MHD_queue_response(call->connection, (unsigned)status, response);
    MHD_destroy_response(response);
    call->status = status;
    return result;
}

static enum MHD_Result refuse(struct call *call, int status, const char *title) {
    static const char *const more[] = {"Content-Type", "application/problem+json", "Retry-After", "60", NULL};
    char body[256];
    snprintf(body, sizeof body, "{\"title\":\"%s\",\"status\":%d,\"request_id\":\"%s\"}", title, status, call->id);
    return answer(call, status, body, more);
}

/* The first character of a member's value; NULL when the member is absent. */
static char *member(char *text, const char *name) {
    char *found = strstr(text, name);
    return found == NULL ? NULL : found + strlen(name) + strspn(found + strlen(name), ": \"");
}

/* Answers with what the page needs of the upstream's answer. */
static enum MHD_Result give_token(struct call *call) {
    static const char *const more[] = {"Content-Type", "application/json", NULL};
    call->answer[call->length] = '\0';
    char *value = member(call->answer, "\"value\""), *expires = member(call->answer, "\"expires_at\"");
    if (call->status != MHD_HTTP_OK || value == NULL || expires == NULL) {
        return refuse(call, MHD_HTTP_BAD_GATEWAY, "The upstream failed");
    }
    char body[1024];
    int length = (int)strcspn(value, "\"");
    long until = strtol(expires, NULL, 10);
    snprintf(body, sizeof body,
             "{\"value\":\"%.*s\",\"expires_at\":%ld,\"client_secret\":{\"value\":\"%.*s\",\"expires_at\":%ld}}", length,
             value, until, length, value, until);
    return answer(call, MHD_HTTP_OK, body, more);
}

static size_t receive(char *data, size_t size, size_t count, void *context) {
    struct call *call = context;
    if (size * count >= largest_answer - call->length) return 0;
    memcpy(call->answer + call->length, data, size * count);
    call->length += size * count;
    return size * count;
}

/* The call's easy handle, with the options that never change set when it is made. */
static CURL *transfer(struct call *call) {
    if (call->easy != NULL) return call->easy;
    CURL *easy = call->easy = curl_easy_init();
    if (easy == NULL) fail("curl_easy_init");
    curl_easy_setopt(easy, CURLOPT_CURLU, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, session);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 10000L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_CAINFO, authorities);
    return easy;
}

static enum MHD_Result token(struct call *call, const char *method) {
    static const char *const preflight[] = {"Access-Control-Allow-Methods", "POST, OPTIONS",
                                            "Access-Control-Allow-Headers", "authorization, content-type",
                                            "Access-Control-Max-Age", "600", NULL};
    if (call->is_minted) return give_token(call);
    const char *origin = field(call, "Origin");
    if (origin == NULL || strncmp(origin, "http://localhost:", strlen("http://localhost:")) != 0) {
        return refuse(call, MHD_HTTP_FORBIDDEN, "Origin not allowed");
    }
    if (strcmp(method, "OPTIONS") == 0) return answer(call, MHD_HTTP_NO_CONTENT, "", preflight);
    if (strcmp(method, "POST") != 0) return refuse(call, MHD_HTTP_METHOD_NOT_ALLOWED, "Method not allowed");
    if (!admit(address(call))) return refuse(call, MHD_HTTP_TOO_MANY_REQUESTS, "Too many requests");
    call->length = 0;
    MHD_suspend_connection(call->connection);
    if (curl_multi_add_handle(multi, transfer(call)) != CURLM_OK) fail("curl_multi_add_handle");
    return MHD_YES;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **state) {
    static const char *const health[] = {"Content-Type", "application/json", NULL};
    (void)context, (void)version, (void)upload;
    struct call *call = *state;
    if (call == NULL) {
        call = unused != NULL ? unused : calloc(1, sizeof *call);
        if (call == NULL) fail("calloc");
        unused = call->next;
        call->connection = connection;
        call->begun = now(CLOCK_MONOTONIC);
        call->is_minted = false;
        make_id(call->id);
        *state = call;
        return MHD_YES;
    }
    if (*upload_size != 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    if (strcmp(path, "/api/health") == 0) return answer(call, MHD_HTTP_OK, "{\"status\":\"ok\"}", health);
    if (strcmp(path, "/api/realtime/token") != 0) return refuse(call, MHD_HTTP_NOT_FOUND, "Not found");
    enum MHD_Result result = token(call, method);
    if (call->status != 0) write_usage(call, method);
    return result;
}

static void complete(void *context, struct MHD_Connection *connection, void **state,
                     enum MHD_RequestTerminationCode code) {
    (void)context, (void)connection, (void)code;
    struct call *call = *state;
    if (call == NULL) return;
    call->status = 0;
    call->next = unused;
    unused = call;
}

static int watch(CURL *easy, curl_socket_t socket, int what, void *context, void *known) {
    (void)easy, (void)context;
    struct epoll_event event = {.data.fd = socket};
    if (what & CURL_POLL_IN) event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
    int change = what == CURL_POLL_REMOVE ? EPOLL_CTL_DEL : known != NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(poll, change, socket, &event) != 0 && change != EPOLL_CTL_DEL) fail("epoll_ctl");
    if (change == EPOLL_CTL_ADD) curl_multi_assign(multi, socket, &poll);
    return 0;
}

static int set_timer(CURLM *handle, long milliseconds, void *context) {
    (void)handle, (void)context;
    deadline = milliseconds < 0 ? -1 : now(CLOCK_MONOTONIC) + (double)milliseconds / 1000;
    return 0;
}

static void finish_transfers(void) {
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left)) != NULL;) {
        struct call *call;
        long status = 0;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        if (message->data.result == CURLE_OK) {
            curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
        }
        curl_multi_remove_handle(multi, call->easy);
        call->status = (int)status;
        call->is_minted = true;
        MHD_resume_connection(call->connection);
        must_run = true;
    }
}

/* One turn of the loop: waits for the server's sockets, the transfers' sockets, or the next timer. */
static void turn(int listening) {
    unsigned long long milliseconds;
    int timeout = must_run ? 0 : -1, running;
    if (MHD_get_timeout(server, &milliseconds) == MHD_YES && !must_run) {
        timeout = milliseconds > 60000 ? 60000 : (int)milliseconds;
        must_run = milliseconds == 0;
    }
    if (deadline >= 0) {
        double left = (deadline - now(CLOCK_MONOTONIC)) * 1000;
        int whole = left <= 0 ? 0 : (int)left + 1;
        if (timeout < 0 || whole < timeout) timeout = whole;
    }
    struct epoll_event events[64];
    int ready = epoll_wait(poll, events, 64, timeout);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < ready; i++) {
        if (events[i].data.fd == listening) {
            must_run = true;
            continue;
        }
        int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        curl_multi_socket_action(multi, events[i].data.fd, what, &running);
    }
    if (deadline >= 0 && now(CLOCK_MONOTONIC) >= deadline) {
        deadline = -1;
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    finish_transfers();
    if (must_run || ready == 0) {
        must_run = false;
        MHD_run(server);
    }
}

static const char *setting(const char *name) {
    const char *value = getenv(name);
    if (value == NULL) {
        fprintf(stderr, "floor: %s is missing\n", name);
        exit(78);
    }
    return value;
}

int main(void) {
    session = setting("SESSION");
    authorities = setting("CA");
    rate = atof(setting("RATE"));
    burst = atof(setting("BURST"));
    usage = open(setting("USAGE_LOG"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    poll = epoll_create1(EPOLL_CLOEXEC);
    if (usage < 0 || poll < 0) fail("start");

    curl_global_init(CURL_GLOBAL_ALL);
    url = curl_url();
    if (curl_url_set(url, CURLUPART_URL, setting("UPSTREAM"), 0) != CURLUE_OK) fail("UPSTREAM");
    char key[256];
    snprintf(key, sizeof key, "Authorization: Bearer %s", setting("KEY"));
    fields = curl_slist_append(curl_slist_append(NULL, key), "Content-Type: application/json");
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 256L);

    struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(setting("PORT")))};
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, NULL,
                              MHD_OPTION_SOCK_ADDR, &local, MHD_OPTION_NOTIFY_COMPLETED, complete, NULL,
                              MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)16384, MHD_OPTION_CONNECTION_LIMIT, 10000u,
                              MHD_OPTION_LISTEN_BACKLOG_SIZE, 4096u, MHD_OPTION_END);
    if (server == NULL) fail("MHD_start_daemon");
    int listening = MHD_get_daemon_info(server, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listening};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, listening, &event) != 0) fail("epoll_ctl");
    for (;;) turn(listening);
}
