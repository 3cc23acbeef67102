#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <string.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

void clinux_log(void *logger, const char *format, va_list arguments) {
    char line[512];
    if (vsnprintf(line, sizeof line, format, arguments) < 0) {
        return;
    }
    const struct clinux_logger *target = logger;
    target->write(target->context, line);
}

int clinux_set_thread_name(pthread_t thread, const char *name) {
    return pthread_setname_np(thread, name);
}

long clinux_position(const void *text, size_t length, const void *bytes, size_t count) {
    const char *found = memmem(text, length, bytes, count);
    return found == NULL ? -1 : (long)(found - (const char *)text);
}

int64_t clinux_nanoseconds(clockid_t clock) {
    struct timespec time;
    return clock_gettime(clock, &time) == 0 ? (int64_t)time.tv_sec * 1000000000 + time.tv_nsec : -1;
}

long clinux_write_at_once(int descriptor, const void *bytes, size_t count) {
    const struct iovec vector = {.iov_base = (void *)bytes, .iov_len = count};
    return pwritev2(descriptor, &vector, 1, -1, RWF_NOWAIT);
}

int clinux_replace_descriptor(int from, int to) {
    return dup3(from, to, O_CLOEXEC);
}

int clinux_is_mount_point(const char *path) {
    struct statx status;
    return statx(AT_FDCWD, path, 0, 0, &status) == 0 && (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}
