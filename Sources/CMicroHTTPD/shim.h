// What Swift cannot call by itself: functions with variable arguments, one wrapper for each use.
#ifndef EPHEMERALD_CMICROHTTPD_SHIM_H
#define EPHEMERALD_CMICROHTTPD_SHIM_H

#include <microhttpd.h>

#define MHD_SHIM static inline __attribute__((warn_unused_result))

/// In CLinux: formats a message for the `struct clinux_logger` in `logger`.
extern void clinux_log(void *logger, const char *format, va_list arguments);

/// `MHD_start_daemon` is variadic. External epoll: no thread; the caller watches the descriptor of `mhd_epoll_descriptor`.
/// EXTERNAL_LOGGER stands first, as the manual demands, so that messages about the other options reach it.
MHD_SHIM struct MHD_Daemon *mhd_start(
    int listening_socket, size_t connection_memory, unsigned int connection_limit, void *context, void *logger,
    void *(*target_arrived)(void *, const char *, struct MHD_Connection *), MHD_AccessHandlerCallback handler,
    MHD_RequestCompletedCallback completed, MHD_NotifyConnectionCallback connection_changed) {
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, handler, context,
        MHD_OPTION_EXTERNAL_LOGGER, clinux_log, logger,
        MHD_OPTION_LISTEN_SOCKET, listening_socket,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_memory,
        MHD_OPTION_CONNECTION_LIMIT, connection_limit,
        MHD_OPTION_CONNECTION_TIMEOUT, 0u,
        MHD_OPTION_STRICT_FOR_CLIENT, 0,
        MHD_OPTION_URI_LOG_CALLBACK, target_arrived, context,
        MHD_OPTION_NOTIFY_COMPLETED, completed, context,
        MHD_OPTION_NOTIFY_CONNECTION, connection_changed, context,
        MHD_OPTION_END);
}

/// `MHD_get_daemon_info` is variadic.
MHD_SHIM const union MHD_DaemonInfo *mhd_epoll_descriptor(struct MHD_Daemon *daemon) {
    return MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
}

/// `MHD_get_connection_info` is variadic.
MHD_SHIM const union MHD_ConnectionInfo *mhd_client_address(struct MHD_Connection *connection) {
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
}

MHD_SHIM const union MHD_ConnectionInfo *mhd_socket(struct MHD_Connection *connection) {
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
}

MHD_SHIM const union MHD_ConnectionInfo *mhd_socket_context(struct MHD_Connection *connection) {
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
}

/// Bytes of the request's head, from the method to the empty line, both included.
MHD_SHIM const union MHD_ConnectionInfo *mhd_head_size(struct MHD_Connection *connection) {
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
}

/// `MHD_set_connection_option` is variadic.
MHD_SHIM enum MHD_Result mhd_limit_silence(struct MHD_Connection *connection, unsigned int seconds) {
    return MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
}

// Enumerators below: the names Swift makes of them depend on what else the enumeration holds, so on the version.

MHD_SHIM int mhd_has_started(enum MHD_ConnectionNotificationCode code) {
    return code == MHD_CONNECTION_NOTIFY_STARTED;
}

MHD_SHIM int mhd_is_completed(enum MHD_RequestTerminationCode code) {
    return code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
}

MHD_SHIM int mhd_header_fields(struct MHD_Connection *connection, MHD_KeyValueIteratorN found, void *context) {
    return MHD_get_connection_values_n(connection, MHD_HEADER_KIND, found, context);
}

/// MHD_NO when the connection has no memory left. The entry takes some of it, and is in a list that nobody reads.
MHD_SHIM enum MHD_Result mhd_take_memory(struct MHD_Connection *connection) {
    return MHD_set_connection_value_n(connection, MHD_GET_ARGUMENT_KIND, "-", 1, NULL, 0);
}

/// The library frees the memory, which malloc(3) gave, together with the response.
MHD_SHIM struct MHD_Response *mhd_response_owning(void *memory, size_t count) {
    return MHD_create_response_from_buffer(count, memory, MHD_RESPMEM_MUST_FREE);
}

#endif
