// libcrypto for Swift, which cannot call macros and drops the results of C functions without a word (so every wrapper is
// warn_unused_result).
#ifndef EPHEMERALD_CCRYPTO_H
#define EPHEMERALD_CCRYPTO_H

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#if OPENSSL_VERSION_NUMBER < 0x30000000L
#error "OpenSSL 3.0 or later is needed, for EVP_MD_fetch"
#endif

#define CCRYPTO_CHECKED static inline __attribute__((warn_unused_result))

// Each only passes its arguments on, so that its result cannot be dropped.

CCRYPTO_CHECKED int ccrypto_hash(const EVP_MD *function, const void *bytes, size_t count, unsigned char *digest) {
    return EVP_Digest(bytes, count, digest, NULL, function, NULL);
}

CCRYPTO_CHECKED int ccrypto_start(EVP_MD_CTX *context, const EVP_MD *function) {
    return EVP_DigestInit_ex2(context, function, NULL);
}

CCRYPTO_CHECKED int ccrypto_copy(EVP_MD_CTX *context, const EVP_MD_CTX *other) {
    return EVP_MD_CTX_copy_ex(context, other);
}

CCRYPTO_CHECKED int ccrypto_update(EVP_MD_CTX *context, const void *bytes, size_t count) {
    return EVP_DigestUpdate(context, bytes, count);
}

CCRYPTO_CHECKED int ccrypto_finish(EVP_MD_CTX *context, unsigned char *digest) {
    return EVP_DigestFinal_ex(context, digest, NULL);
}

CCRYPTO_CHECKED int ccrypto_start_verifying(
    EVP_MD_CTX *context, EVP_PKEY_CTX **key_context, const char *hash, EVP_PKEY *key) {
    return EVP_DigestVerifyInit_ex(context, key_context, hash, NULL, NULL, key, NULL);
}

CCRYPTO_CHECKED int ccrypto_verify(
    EVP_MD_CTX *context, const unsigned char *signature, size_t signature_count, const unsigned char *bytes,
    size_t count) {
    return EVP_DigestVerify(context, signature, signature_count, bytes, count);
}

CCRYPTO_CHECKED int ccrypto_set_padding(EVP_PKEY_CTX *context, int padding) {
    return EVP_PKEY_CTX_set_rsa_padding(context, padding);
}

CCRYPTO_CHECKED int ccrypto_set_salt_length(EVP_PKEY_CTX *context, int length) {
    return EVP_PKEY_CTX_set_rsa_pss_saltlen(context, length);
}

CCRYPTO_CHECKED int ccrypto_number(const EVP_PKEY *key, const char *name, BIGNUM **number) {
    return EVP_PKEY_get_bn_param(key, name, number);
}

// A macro, and a stack whose functions are macros.

static inline void ccrypto_free(void *memory) { OPENSSL_free(memory); }

static inline void ccrypto_free_elements(ASN1_SEQUENCE_ANY *elements) {
    sk_ASN1_TYPE_pop_free(elements, ASN1_TYPE_free);
}

#endif
