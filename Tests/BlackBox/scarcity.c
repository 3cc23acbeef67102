/* Preloaded into the daemon: memory is scarce for the C libraries that it links, and the disk of its usage log is full,
   while the file of SCARCITY says so. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

/* Of so many allocations one fails; 0 for none. */
struct control { volatile uint32_t one_in, is_full, failed, refused; };
static struct control none;
static struct control *control = &none;
static struct { uintptr_t start, end; } ranges[16];
static int range_count;
static volatile uint64_t state = 88172645463325252ull;

/* The code of the libraries whose allocations fail. Swift ends a process that has no memory, and so do we. */
static int note(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size, (void)data;
    static const char *const names[] = {"libcurl", "libhiredis", "libwslay"};
    for (unsigned index = 0; index < sizeof names / sizeof *names; index++) {
        if (!strstr(info->dlpi_name, names[index])) continue;
        for (int part = 0; part < info->dlpi_phnum && range_count < 16; part++) {
            const ElfW(Phdr) *header = &info->dlpi_phdr[part];
            if (header->p_type != PT_LOAD || !(header->p_flags & PF_X)) continue;
            ranges[range_count].start = info->dlpi_addr + header->p_vaddr;
            ranges[range_count++].end = info->dlpi_addr + header->p_vaddr + header->p_memsz;
        }
    }
    return 0;
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("SCARCITY");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *page = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (page == MAP_FAILED) return;
    dl_iterate_phdr(note, NULL);
    control = page;
}

static int fails(void *caller) {
    uint32_t one_in = control->one_in;
    if (!one_in) return 0;
    for (int index = 0; index < range_count; index++) {
        if ((uintptr_t)caller < ranges[index].start || (uintptr_t)caller >= ranges[index].end) continue;
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        if (state % one_in) return 0;
        control->failed++;
        errno = ENOMEM;
        return 1;
    }
    return 0;
}

void *malloc(size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

/* The usage log is written by pwritev2(2) or write(2). */
static int is_full(int file) {
    if (!control->is_full) return 0;
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t count = readlink(link, path, sizeof path - 1);
    if (count < 0) return 0;
    path[count] = 0;
    if (!strstr(path, "usage.log")) return 0;
    control->refused++;
    errno = ENOSPC;
    return 1;
}

ssize_t write(int file, const void *bytes, size_t count) {
    return is_full(file) ? -1 : syscall(SYS_write, file, bytes, count);
}

ssize_t pwritev2(int file, const struct iovec *parts, int count, off_t offset, int flags) {
    return is_full(file) ? -1 : syscall(SYS_pwritev2, file, parts, count, offset, offset >> 32, flags);
}
