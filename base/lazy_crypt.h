/* libcrypt, loaded when first needed: hashes of passwords. */
#pragma once

#include "base/lazy.h"

#include <crypt.h>

#define CRYPT_FUNCTIONS(X) X(crypt_rn)

LAZY_LIBRARY(crypt, CRYPT_FUNCTIONS)

#ifndef LAZY_NO_REDIRECT
#define crypt_rn lazy_crypt.crypt_rn
#endif
