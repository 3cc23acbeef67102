// The C that Swift cannot see by itself: headers outside Glibc's module map, and one callback that takes a va_list.
#ifndef EPHEMERALD_CLINUX_H
#define EPHEMERALD_CLINUX_H

#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <time.h>

/// Where `clinux_log` sends its lines. Must outlive whoever logs.
struct clinux_logger {
    void *context;
    void (*write)(void *context, const char *line);
};

/// Formats a printf-style message and hands it to the `struct clinux_logger` in `logger`.
/// In C because a va_list cannot stand in a `@convention(c)` Swift type. Lines are cut at 511 bytes; one that cannot be formatted is
/// dropped.
void clinux_log(void *logger, const char *format, va_list arguments);

/// `pthread_setname_np`, which glibc declares only under _GNU_SOURCE. 0, or an error number.
int clinux_set_thread_name(pthread_t thread, const char *name);

/// Nanoseconds on that clock; -1 for a clock that is none.
/// In C because `struct timespec` belongs to different modules for Swift, depending on what else a file imports.
int64_t clinux_nanoseconds(clockid_t clock);

/// When the file was last changed, in nanoseconds of Unix time; INT64_MIN when it is no regular file. In C for the same reason.
int64_t clinux_last_change(const char *path);

/// `memmem`, which glibc declares only under _GNU_SOURCE: where in the text the bytes first stand, or -1.
long clinux_position(const void *text, size_t length, const void *bytes, size_t count);

#endif
