// libcurl for Swift, which cannot call variadic functions (setopt and getinfo: one wrapper for each type of argument)
// and drops the results of C functions without a word (so every wrapper is warn_unused_result).
#ifndef EPHEMERALD_CCURL_H
#define EPHEMERALD_CCURL_H

#define CURL_STRICTER 1
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>

#if LIBCURL_VERSION_NUM < 0x075500
#error "libcurl 7.85.0 or later is needed, for CURLOPT_PROTOCOLS_STR"
#endif

// Whether CURL is an opaque structure or void differs between versions of libcurl; these names are the same in all.
typedef CURL *ccurl_easy;
typedef CURLM *ccurl_multi;

// These are macros in some versions and members of an enum in others, which Swift tells apart.
static const long ccurl_http_1_1 = CURL_HTTP_VERSION_1_1;
static const long ccurl_http_2_tls = CURL_HTTP_VERSION_2TLS;
static const long ccurl_netrc_ignored = CURL_NETRC_IGNORED;
static const long ccurl_tls_1_2 = CURL_SSLVERSION_TLSv1_2;

#define CCURL_CHECKED static inline __attribute__((warn_unused_result))

// curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic: one for each type of argument that is passed.

CCURL_CHECKED CURLcode ccurl_easy_set_long(ccurl_easy easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

CCURL_CHECKED CURLcode ccurl_easy_set_offset(ccurl_easy easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

CCURL_CHECKED CURLcode ccurl_easy_set_string(ccurl_easy easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

CCURL_CHECKED CURLcode ccurl_easy_set_pointer(ccurl_easy easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, value);
}

CCURL_CHECKED CURLcode ccurl_easy_set_list(ccurl_easy easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

CCURL_CHECKED CURLcode ccurl_easy_set_callback(ccurl_easy easy, CURLoption option, curl_write_callback value) {
    return curl_easy_setopt(easy, option, value);
}

CCURL_CHECKED CURLcode ccurl_easy_set_open_callback(ccurl_easy easy, curl_opensocket_callback value) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, value);
}

CCURL_CHECKED CURLcode ccurl_easy_set_close_callback(ccurl_easy easy, curl_closesocket_callback value) {
    return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, value);
}

CCURL_CHECKED CURLcode ccurl_easy_get_long(ccurl_easy easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

CCURL_CHECKED CURLcode ccurl_easy_get_private(ccurl_easy easy, void **value) {
    return curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)value);
}

CCURL_CHECKED CURLcode ccurl_easy_get_socket(ccurl_easy easy, curl_socket_t *value) {
    return curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, value);
}

CCURL_CHECKED CURLMcode ccurl_multi_set_long(ccurl_multi multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

CCURL_CHECKED CURLMcode ccurl_multi_set_pointer(ccurl_multi multi, CURLMoption option, void *value) {
    return curl_multi_setopt(multi, option, value);
}

CCURL_CHECKED CURLMcode ccurl_multi_set_socket_callback(ccurl_multi multi, curl_socket_callback value) {
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, value);
}

CCURL_CHECKED CURLMcode ccurl_multi_set_timer_callback(ccurl_multi multi, curl_multi_timer_callback value) {
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, value);
}

/// CURLOPT_QUICK_EXIT, which libcurl has from 7.87.0 on; before that, without effect.
CCURL_CHECKED CURLcode ccurl_easy_set_quick_exit(ccurl_easy easy) {
#if LIBCURL_VERSION_NUM >= 0x075700
    return curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#else
    (void)easy;
    return CURLE_OK;
#endif
}

// Not variadic: each only passes its arguments on, so that its result cannot be dropped.

CCURL_CHECKED CURLcode ccurl_global_init(void) {
    return curl_global_init(CURL_GLOBAL_DEFAULT);
}

CCURL_CHECKED CURLcode ccurl_easy_send(ccurl_easy easy, const void *bytes, size_t count, size_t *sent) {
    return curl_easy_send(easy, bytes, count, sent);
}

CCURL_CHECKED CURLcode ccurl_easy_receive(ccurl_easy easy, void *bytes, size_t count, size_t *received) {
    return curl_easy_recv(easy, bytes, count, received);
}

/// The field of that name and index in the head of the final response.
CCURL_CHECKED CURLHcode
ccurl_easy_header(ccurl_easy easy, const void *name, size_t index, struct curl_header **header) {
    return curl_easy_header(easy, (const char *)name, index, CURLH_HEADER, -1, header);
}

CCURL_CHECKED CURLMcode ccurl_multi_add(ccurl_multi multi, ccurl_easy easy) {
    return curl_multi_add_handle(multi, easy);
}

CCURL_CHECKED CURLMcode ccurl_multi_remove(ccurl_multi multi, ccurl_easy easy) {
    return curl_multi_remove_handle(multi, easy);
}

CCURL_CHECKED CURLMcode ccurl_multi_act(ccurl_multi multi, curl_socket_t socket, int events, int *running) {
    return curl_multi_socket_action(multi, socket, events, running);
}

CCURL_CHECKED CURLMcode ccurl_multi_cleanup(ccurl_multi multi) {
    return curl_multi_cleanup(multi);
}

#endif
