#define _GNU_SOURCE
#include "CLinux.h"

#include <string.h>
#include <stdio.h>

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

int clinux_holds(const void *text, size_t length, const void *bytes, size_t count) {
    return memmem(text, length, bytes, count) != NULL;
}
