#include "COpenAPI.h"

static const unsigned char document[] = {
#embed "openapi.json"
};
const unsigned char *const openapi_document = document;
const long openapi_document_size = sizeof document;
