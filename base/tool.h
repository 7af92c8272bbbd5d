/* Programs of the host. */
#pragma once

#include <stddef.h>

/* Where PATH has a program of this name: 0, or -ENOENT. */
int tool_find(const char *name, char *path, size_t room);
