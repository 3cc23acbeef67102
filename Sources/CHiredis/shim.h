// hiredis for Swift, which drops the results of C functions without a word (so every wrapper is warn_unused_result).
#ifndef EPHEMERALD_CHIREDIS_H
#define EPHEMERALD_CHIREDIS_H

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <sys/ioctl.h>

#if HIREDIS_MAJOR == 0 && HIREDIS_MINOR < 14
#error "hiredis 0.14 or later is needed"
#endif

#define CHIREDIS_CHECKED static inline __attribute__((warn_unused_result))

// Swift knows a union or a structure without a name by a name that differs between compilers; this one is the same.
// `context` comes back as the argument of all five.
static inline void chiredis_set_hooks(
    redisAsyncContext *connection, void *context, void (*add_read)(void *), void (*delete_read)(void *),
    void (*add_write)(void *), void (*delete_write)(void *), void (*cleanup)(void *)) {
    connection->ev.data = context;
    connection->ev.addRead = add_read;
    connection->ev.delRead = delete_read;
    connection->ev.addWrite = add_write;
    connection->ev.delWrite = delete_write;
    connection->ev.cleanup = cleanup;
}

// How much hiredis reads next at most: it takes 16 KiB at a time.
CHIREDIS_CHECKED int chiredis_readable(redisAsyncContext *connection) {
    const int most = 16 * 1024;
    int count = 0;
    if (ioctl(connection->c.fd, FIONREAD, &count) != 0 || count > most) return most;
    return count;
}

// Whether something follows the reply that the callback is called for, other than an error, which ends the connection.
CHIREDIS_CHECKED bool chiredis_speaks_out_of_turn(redisAsyncContext *connection) {
    redisReader *reader = connection->c.reader;
    return reader->buf != NULL && reader->pos < reader->len && reader->buf[reader->pos] != '-';
}

// From here on each only passes its arguments on, so that its result cannot be dropped.

CHIREDIS_CHECKED redisAsyncContext *chiredis_connect(const char *address, int port) {
    return redisAsyncConnect(address, port);
}

CHIREDIS_CHECKED redisAsyncContext *chiredis_connect_unix(const char *path) {
    return redisAsyncConnectUnix(path);
}

CHIREDIS_CHECKED int chiredis_send(
    redisAsyncContext *connection, redisCallbackFn *reply, void *context, const char *command, size_t count) {
    return redisAsyncFormattedCommand(connection, reply, context, command, count);
}

CHIREDIS_CHECKED int chiredis_keep_alive(redisAsyncContext *connection) {
    return redisEnableKeepAlive(&connection->c);
}

#endif
