#ifndef COPENAPI_H
#define COPENAPI_H

/// The bytes of openapi.json; they live as long as the process. Swift does not see an array of unknown length.
extern const unsigned char *const openapi_document;
extern const long openapi_document_size;

#endif
