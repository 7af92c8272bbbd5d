/* libnbd, loaded when first needed. */
#pragma once

#include "base/lazy.h"

#include <libnbd.h>

#define NBD_FUNCTIONS(X)                                                                           \
	X(nbd_add_meta_context)                                                                    \
	X(nbd_block_status)                                                                        \
	X(nbd_can_meta_context)                                                                    \
	X(nbd_close)                                                                               \
	X(nbd_connect_socket)                                                                      \
	X(nbd_create)                                                                              \
	X(nbd_get_error)                                                                           \
	X(nbd_get_size)                                                                            \
	X(nbd_pread)                                                                               \
	X(nbd_shutdown)

LAZY_LIBRARY(nbd, NBD_FUNCTIONS)

#ifndef LAZY_NO_REDIRECT
#define nbd_add_meta_context lazy_nbd.nbd_add_meta_context
#define nbd_block_status lazy_nbd.nbd_block_status
#define nbd_can_meta_context lazy_nbd.nbd_can_meta_context
#define nbd_close lazy_nbd.nbd_close
#define nbd_connect_socket lazy_nbd.nbd_connect_socket
#define nbd_create lazy_nbd.nbd_create
#define nbd_get_error lazy_nbd.nbd_get_error
#define nbd_get_size lazy_nbd.nbd_get_size
#define nbd_pread lazy_nbd.nbd_pread
#define nbd_shutdown lazy_nbd.nbd_shutdown
#endif
