// The C that Swift cannot see by itself: headers outside Glibc's module map, and one callback that takes a va_list.
#ifndef EPHEMERALD_CLINUX_H
#define EPHEMERALD_CLINUX_H

#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>

/// Where `clinux_log` sends its lines. Must outlive its users.
struct clinux_logger {
    void *context;
    void (*write)(void *context, const char *line);
};

/// Formats a printf-style message and hands it to the `struct clinux_logger` in `logger`.
/// In C because a `@convention(c)` Swift type cannot have a va_list. Lines are cut at 511 bytes; one that cannot be formatted is
/// dropped.
void clinux_log(void *logger, const char *format, va_list arguments);

/// `pthread_setname_np`, which glibc declares only under _GNU_SOURCE. 0, or an error number.
int clinux_set_thread_name(pthread_t thread, const char *name);

/// Nanoseconds on that clock; -1 for a number that is not a clock.
/// In C because `struct timespec` belongs to different modules for Swift, depending on what else a file imports.
int64_t clinux_nanoseconds(clockid_t clock);

/// `memmem`, which glibc declares only under _GNU_SOURCE: where in the text the bytes are first, or -1.
long clinux_position(const void *text, size_t length, const void *bytes, size_t count);

/// Writes at the present offset without waiting, whether or not O_NONBLOCK is set: `pwritev2` with RWF_NOWAIT, which glibc declares
/// only under _GNU_SOURCE. -1 with EOPNOTSUPP where the kernel cannot: for terminals, and for pipes before Linux 6.4.
long clinux_write_at_once(int descriptor, const void *bytes, size_t count);

/// `dup3`, which glibc declares only under _GNU_SOURCE, with O_CLOEXEC: `to` is what `from` is, and -1 is an error.
int clinux_replace_descriptor(int from, int to);

/// Whether a file system, or one file or directory of one, is mounted at that path: `statx`, which glibc declares only under
/// _GNU_SOURCE, and which says so since Linux 5.8. 0 also when nothing is known about the path.
int clinux_is_mount_point(const char *path);

#endif
