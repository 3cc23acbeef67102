// wslay's events for Swift, which drops the results of C functions without a word (so every wrapper is
// warn_unused_result).
#ifndef EPHEMERALD_CWSLAY_H
#define EPHEMERALD_CWSLAY_H

#include <wslay/wslay.h>

#define CWSLAY_CHECKED static inline __attribute__((warn_unused_result))

CWSLAY_CHECKED int cwslay_create(
    wslay_event_context_ptr *context, const struct wslay_event_callbacks *callbacks, void *user_data) {
    return wslay_event_context_client_init(context, callbacks, user_data);
}

CWSLAY_CHECKED int cwslay_receive(wslay_event_context_ptr context) {
    return wslay_event_recv(context);
}

CWSLAY_CHECKED int cwslay_send(wslay_event_context_ptr context) {
    return wslay_event_send(context);
}

CWSLAY_CHECKED int cwslay_queue(wslay_event_context_ptr context, const struct wslay_event_msg *message) {
    return wslay_event_queue_msg(context, message);
}

CWSLAY_CHECKED int cwslay_queue_close(
    wslay_event_context_ptr context, uint16_t code, const void *reason, size_t count) {
    return wslay_event_queue_close(context, code, (const uint8_t *)reason, count);
}

// Enumerators and a macro: which integer type Swift gives them depends on what else the enumeration holds.

static inline int cwslay_is_text(uint8_t opcode) {
    return opcode == WSLAY_TEXT_FRAME;
}

static inline int cwslay_is_close(uint8_t opcode) {
    return opcode == WSLAY_CONNECTION_CLOSE;
}

static inline int cwslay_is_control(uint8_t opcode) {
    return wslay_is_ctrl_frame(opcode);
}

static const uint8_t cwslay_text = WSLAY_TEXT_FRAME;
static const uint8_t cwslay_binary = WSLAY_BINARY_FRAME;
static const int cwslay_would_block = WSLAY_ERR_WOULDBLOCK;
static const uint16_t cwslay_too_big = WSLAY_CODE_MESSAGE_TOO_BIG;

#endif
