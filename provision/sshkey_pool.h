/* The folder of a pool of keys: what is a key in it, and who may use it. */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

#define POOL_SUFFIX ".key"
#define POOL_PART ".part"

enum { POOL_KEYS_MAX = 1000000 };

/* 32 hex digits and POOL_SUFFIX. */
bool pool_file_name(const char *name);
/* A descriptor, or -errno; -EPERM when it is not this user's alone. */
int pool_folder_open(const char *folder, struct err *e);
/* The keys' names, each with its NUL. */
int pool_list(int dir, const char *folder, struct strbuf *names, size_t *count, struct err *e);
