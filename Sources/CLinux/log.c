#include "CLinux.h"

#include <stdio.h>

void clinux_log(void *logger, const char *format, va_list arguments) {
    char line[512];
    vsnprintf(line, sizeof line, format, arguments);
    const struct clinux_logger *target = logger;
    target->write(target->context, line);
}
