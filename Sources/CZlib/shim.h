// zlib for Swift, which drops the results of C functions without a word: so every wrapper is warn_unused_result.
#ifndef EPHEMERALD_CZLIB_H
#define EPHEMERALD_CZLIB_H

#include <zlib.h>

__attribute__((warn_unused_result)) static inline gzFile czlib_open(int descriptor) {
    return gzdopen(descriptor, "r");
}

__attribute__((warn_unused_result)) static inline int czlib_buffer(gzFile file, unsigned size) {
    return gzbuffer(file, size);
}

__attribute__((warn_unused_result)) static inline int czlib_read(gzFile file, void *buffer, unsigned count) {
    return gzread(file, buffer, count);
}

// The result of gzerror is a text; only the code is wanted.
__attribute__((warn_unused_result)) static inline int czlib_error(gzFile file) {
    int code = 0;
    (void)gzerror(file, &code);
    return code;
}

__attribute__((warn_unused_result)) static inline gzFile czlib_create(int descriptor) {
    return gzdopen(descriptor, "w");
}

__attribute__((warn_unused_result)) static inline int czlib_write(gzFile file, const void *bytes, unsigned count) {
    return gzwrite(file, bytes, count);
}

// Writes what is left; an error of an earlier write is reported here too.
__attribute__((warn_unused_result)) static inline int czlib_finish(gzFile file) { return gzclose_w(file); }

__attribute__((warn_unused_result)) static inline int czlib_close(gzFile file) { return gzclose_r(file); }

// deflateInit2 is a macro; 31 selects the format of gzip with the largest window, and 9 the smallest result.
__attribute__((warn_unused_result)) static inline int czlib_deflate_begin(z_stream *stream) {
    return deflateInit2(stream, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY);
}

__attribute__((warn_unused_result)) static inline int czlib_deflate_finish(z_stream *stream) {
    return deflate(stream, Z_FINISH);
}

__attribute__((warn_unused_result)) static inline int czlib_deflate_end(z_stream *stream) { return deflateEnd(stream); }

#endif
