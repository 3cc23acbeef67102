// The reader of hiredis for Swift, which drops the results of C functions without a word (so every wrapper is
// warn_unused_result). Of its connections nothing is used.
#ifndef EPHEMERALD_CHIREDIS_H
#define EPHEMERALD_CHIREDIS_H

#include <hiredis/hiredis.h>

#if HIREDIS_MAJOR == 0 && HIREDIS_MINOR < 14
#error "hiredis 0.14 or later is needed"
#endif

#define CHIREDIS_CHECKED static inline __attribute__((warn_unused_result))

CHIREDIS_CHECKED int chiredis_feed(redisReader *reader, const void *bytes, size_t count) {
    return redisReaderFeed(reader, (const char *)bytes, count);
}

CHIREDIS_CHECKED int chiredis_next(redisReader *reader, void **reply) {
    return redisReaderGetReply(reader, reply);
}

// An array, which Swift knows as a tuple of 128 numbers.
static inline const char *chiredis_error(const redisReader *reader) {
    return reader->errstr;
}

#endif
