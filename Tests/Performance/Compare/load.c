/* A load generator: keeps CONNECTIONS connections to a port of this machine, sends the request of standard input on
 * each as soon as the last one is answered, and ends after REQUESTS answers. It prints the seconds between the first
 * request and the last answer and the percentiles of the latency as one line of JSON.
 *
 * An answer with another status than STATUS, or a connection that ends, is an error: no figure of a failure. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { largest_answer = 16384, largest_request = 16384, deadline_ms = 30000 };

struct client {
    int socket;
    size_t received;
    double begun;
    char answer[largest_answer];
};

static char request[largest_request];
static size_t request_length;

static void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void open_client(struct client *client, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    client->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->socket < 0) fail("socket");
    if (connect(client->socket, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    if (setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) fail("setsockopt");
}

static void send_request(struct client *client) {
    client->received = 0;
    client->begun = now();
    if (send(client->socket, request, request_length, MSG_NOSIGNAL) != (ssize_t)request_length) fail("send");
}

/* Finds a field of the head, which ends at `end`; NULL when it is absent. */
static const char *field(const char *head, const char *end, const char *name) {
    for (const char *line = strstr(head, "\r\n"); line != NULL && line < end; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, strlen(name)) == 0) return line + 2 + strlen(name);
    }
    return NULL;
}

static bool is_complete(const struct client *client, int status) {
    const char *end = strstr(client->answer, "\r\n\r\n");
    if (end == NULL) return false;
    size_t head = (size_t)(end - client->answer) + 4;
    if (status == 204) return true;
    const char *length = field(client->answer, end, "Content-Length:");
    if (length != NULL) return client->received >= head + strtoul(length, NULL, 10);
    return memcmp(client->answer + client->received - 5, "0\r\n\r\n", 5) == 0 && client->received > head;
}

/* Reads what is there; true when it completes an answer. */
static bool receive(struct client *client, int status) {
    ssize_t count =
        recv(client->socket, client->answer + client->received, largest_answer - 1 - client->received, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return false;
    if (count < 0) fail("recv");
    if (count == 0) {
        double seconds = now() - client->begun;
        fprintf(stderr, "load: closed after %.3f s and %zu bytes of an answer\n", seconds, client->received);
        exit(1);
    }
    client->received += (size_t)count;
    client->answer[client->received] = '\0';
    if (!is_complete(client, status)) return false;
    if (atoi(client->answer + strlen("HTTP/1.1 ")) != status) {
        fprintf(stderr, "load: instead of %d: %s\n", status, client->answer);
        exit(1);
    }
    return true;
}

static int compare(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

int main(int count, char **arguments) {
    if (count != 5) {
        fprintf(stderr, "usage: load PORT CONNECTIONS REQUESTS STATUS < REQUEST\n");
        return 64;
    }
    int port = atoi(arguments[1]), connections = atoi(arguments[2]), status = atoi(arguments[4]);
    long requests = atol(arguments[3]), sent = 0, answered = 0;
    if (connections < 1 || requests < connections) {
        fprintf(stderr, "load: at least one connection, and at least one request for each\n");
        return 64;
    }
    request_length = fread(request, 1, sizeof request, stdin);
    struct client *clients = calloc((size_t)connections, sizeof *clients);
    double *latencies = calloc((size_t)requests, sizeof *latencies);
    int poll = epoll_create1(EPOLL_CLOEXEC);
    if (clients == NULL || latencies == NULL || poll < 0) fail("start");
    for (int i = 0; i < connections; i++) {
        open_client(&clients[i], port);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &clients[i]};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, clients[i].socket, &event) != 0) fail("epoll_ctl");
    }
    double begun = now();
    for (int i = 0; i < connections; i++, sent++) send_request(&clients[i]);
    while (answered < requests) {
        struct epoll_event events[256];
        int ready = epoll_wait(poll, events, 256, deadline_ms);
        if (ready == 0) {
            fprintf(stderr, "load: no answer within %d ms; %ld of %ld answered\n", deadline_ms, answered, requests);
            return 1;
        }
        if (ready < 0 && errno != EINTR) fail("epoll_wait");
        for (int i = 0; i < ready; i++) {
            struct client *client = events[i].data.ptr;
            if (!receive(client, status)) continue;
            latencies[answered++] = now() - client->begun;
            if (sent < requests) {
                send_request(client);
                sent++;
            } else if (epoll_ctl(poll, EPOLL_CTL_DEL, client->socket, NULL) != 0) {
                /* A server may close a connection that has nothing more to do. */
                fail("epoll_ctl");
            }
        }
    }
    double seconds = now() - begun;
    qsort(latencies, (size_t)requests, sizeof *latencies, compare);
    printf("{\"seconds\": %.6f, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", seconds, latencies[requests / 2] * 1e6,
           latencies[requests * 99 / 100] * 1e6);
    return 0;
}
