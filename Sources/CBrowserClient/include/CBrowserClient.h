#ifndef CBROWSERCLIENT_H
#define CBROWSERCLIENT_H

#include <stddef.h>

/// A file in the binary; it lives as long as the process.
struct browser_file {
    const char *name;
    const unsigned char *bytes;
    size_t size;
};

/// What web pages import. Swift does not see an array of unknown length, so it asks for one file at a time.
struct browser_file browser_library_at(long index);
extern const long browser_library_count;

/// The description of the library as a package for npm.
struct browser_file browser_manifest_at(long index);

/// The page to try it with, and what it loads.
struct browser_file browser_demo_at(long index);
extern const long browser_demo_count;

/// The operator's page, and what it loads, by their paths.
struct browser_file browser_operations_at(long index);
extern const long browser_operations_count;

#endif
