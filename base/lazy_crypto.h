/* libcrypto, loaded when first needed. */
#pragma once

#include "base/lazy.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#define CRYPTO_FUNCTIONS(X)                                                                        \
	X(BN_bn2bin)                                                                               \
	X(BN_clear_free)                                                                           \
	X(BN_num_bits)                                                                             \
	X(EVP_PKEY_Q_keygen)                                                                       \
	X(EVP_PKEY_get_bn_param)                                                                   \
	X(EVP_PKEY_get_octet_string_param)                                                         \
	X(EVP_PKEY_get_raw_private_key)                                                            \
	X(EVP_PKEY_get_raw_public_key)                                                             \
	X(BIO_free)                                                                                \
	X(BIO_new_mem_buf)                                                                         \
	X(BIO_new)                                                                                 \
	X(BIO_s_mem)                                                                               \
	X(BIO_ctrl)                                                                                \
	X(ERR_clear_error)                                                                         \
	X(EVP_DigestFinal_ex)                                                                      \
	X(EVP_DigestInit_ex)                                                                       \
	X(EVP_DigestSign)                                                                          \
	X(EVP_DigestSignInit)                                                                      \
	X(EVP_DigestUpdate)                                                                        \
	X(EVP_DigestVerify)                                                                        \
	X(EVP_DigestVerifyInit)                                                                    \
	X(EVP_MD_CTX_free)                                                                         \
	X(EVP_MD_CTX_new)                                                                          \
	X(EVP_PKEY_free)                                                                           \
	X(EVP_PKEY_get_bits)                                                                       \
	X(EVP_PKEY_get_base_id)                                                                    \
	X(EVP_get_digestbyname)                                                                    \
	X(HMAC)                                                                                    \
	X(PEM_read_bio_PrivateKey)                                                                 \
	X(PEM_read_bio_X509)                                                                       \
	X(PEM_write_bio_X509)                                                                      \
	X(OPENSSL_sk_new_null)                                                                     \
	X(OPENSSL_sk_push)                                                                         \
	X(OPENSSL_sk_free)                                                                         \
	X(OPENSSL_sk_num)                                                                          \
	X(OPENSSL_sk_value)                                                                        \
	X(X509_NAME_oneline)                                                                       \
	X(X509_NAME_cmp)                                                                           \
	X(X509_STORE_CTX_free)                                                                     \
	X(X509_STORE_CTX_get_error)                                                                \
	X(X509_STORE_CTX_init)                                                                     \
	X(X509_STORE_CTX_new)                                                                      \
	X(X509_STORE_CTX_set_purpose)                                                              \
	X(X509_STORE_add_cert)                                                                     \
	X(X509_STORE_free)                                                                         \
	X(X509_STORE_load_locations)                                                               \
	X(X509_STORE_new)                                                                          \
	X(X509_check_private_key)                                                                  \
	X(X509_cmp_time)                                                                           \
	X(X509_digest)                                                                             \
	X(X509_free)                                                                               \
	X(X509_get0_notAfter)                                                                      \
	X(X509_get0_notBefore)                                                                     \
	X(X509_get0_pubkey)                                                                        \
	X(X509_get_issuer_name)                                                                    \
	X(X509_get_subject_name)                                                                   \
	X(X509_up_ref)                                                                             \
	X(X509_verify_cert)                                                                        \
	X(X509_verify_cert_error_string)                                                           \
	X(CRYPTO_free)

LAZY_LIBRARY(crypto, CRYPTO_FUNCTIONS)

#ifndef LAZY_NO_REDIRECT
#define BN_bn2bin lazy_crypto.BN_bn2bin
#define BN_clear_free lazy_crypto.BN_clear_free
#define BN_num_bits lazy_crypto.BN_num_bits
#define EVP_PKEY_Q_keygen lazy_crypto.EVP_PKEY_Q_keygen
#define EVP_PKEY_get_bn_param lazy_crypto.EVP_PKEY_get_bn_param
#define EVP_PKEY_get_octet_string_param lazy_crypto.EVP_PKEY_get_octet_string_param
#define EVP_PKEY_get_raw_private_key lazy_crypto.EVP_PKEY_get_raw_private_key
#define EVP_PKEY_get_raw_public_key lazy_crypto.EVP_PKEY_get_raw_public_key
#define BIO_free lazy_crypto.BIO_free
#define BIO_new_mem_buf lazy_crypto.BIO_new_mem_buf
#define BIO_new lazy_crypto.BIO_new
#define BIO_s_mem lazy_crypto.BIO_s_mem
#define BIO_ctrl lazy_crypto.BIO_ctrl
#define ERR_clear_error lazy_crypto.ERR_clear_error
#define EVP_DigestFinal_ex lazy_crypto.EVP_DigestFinal_ex
#define EVP_DigestInit_ex lazy_crypto.EVP_DigestInit_ex
#define EVP_DigestSign lazy_crypto.EVP_DigestSign
#define EVP_DigestSignInit lazy_crypto.EVP_DigestSignInit
#define EVP_DigestUpdate lazy_crypto.EVP_DigestUpdate
#define EVP_DigestVerify lazy_crypto.EVP_DigestVerify
#define EVP_DigestVerifyInit lazy_crypto.EVP_DigestVerifyInit
#define EVP_MD_CTX_free lazy_crypto.EVP_MD_CTX_free
#define EVP_MD_CTX_new lazy_crypto.EVP_MD_CTX_new
#define EVP_PKEY_free lazy_crypto.EVP_PKEY_free
#define EVP_PKEY_get_bits lazy_crypto.EVP_PKEY_get_bits
#define EVP_PKEY_get_base_id lazy_crypto.EVP_PKEY_get_base_id
#define EVP_get_digestbyname lazy_crypto.EVP_get_digestbyname
#define HMAC lazy_crypto.HMAC
#define PEM_read_bio_PrivateKey lazy_crypto.PEM_read_bio_PrivateKey
#define PEM_read_bio_X509 lazy_crypto.PEM_read_bio_X509
#define PEM_write_bio_X509 lazy_crypto.PEM_write_bio_X509
#define OPENSSL_sk_new_null lazy_crypto.OPENSSL_sk_new_null
#define OPENSSL_sk_push lazy_crypto.OPENSSL_sk_push
#define OPENSSL_sk_free lazy_crypto.OPENSSL_sk_free
#define OPENSSL_sk_num lazy_crypto.OPENSSL_sk_num
#define OPENSSL_sk_value lazy_crypto.OPENSSL_sk_value
#define X509_NAME_oneline lazy_crypto.X509_NAME_oneline
#define X509_NAME_cmp lazy_crypto.X509_NAME_cmp
#define X509_STORE_CTX_free lazy_crypto.X509_STORE_CTX_free
#define X509_STORE_CTX_get_error lazy_crypto.X509_STORE_CTX_get_error
#define X509_STORE_CTX_init lazy_crypto.X509_STORE_CTX_init
#define X509_STORE_CTX_new lazy_crypto.X509_STORE_CTX_new
#define X509_STORE_CTX_set_purpose lazy_crypto.X509_STORE_CTX_set_purpose
#define X509_STORE_add_cert lazy_crypto.X509_STORE_add_cert
#define X509_STORE_free lazy_crypto.X509_STORE_free
#define X509_STORE_load_locations lazy_crypto.X509_STORE_load_locations
#define X509_STORE_new lazy_crypto.X509_STORE_new
#define X509_check_private_key lazy_crypto.X509_check_private_key
#define X509_cmp_time lazy_crypto.X509_cmp_time
#define X509_digest lazy_crypto.X509_digest
#define X509_free lazy_crypto.X509_free
#define X509_get0_notAfter lazy_crypto.X509_get0_notAfter
#define X509_get0_notBefore lazy_crypto.X509_get0_notBefore
#define X509_get0_pubkey lazy_crypto.X509_get0_pubkey
#define X509_get_issuer_name lazy_crypto.X509_get_issuer_name
#define X509_get_subject_name lazy_crypto.X509_get_subject_name
#define X509_up_ref lazy_crypto.X509_up_ref
#define X509_verify_cert lazy_crypto.X509_verify_cert
#define X509_verify_cert_error_string lazy_crypto.X509_verify_cert_error_string
#define CRYPTO_free lazy_crypto.CRYPTO_free
#endif
