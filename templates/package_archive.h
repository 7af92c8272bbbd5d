/* Packages that are archives. Private to templates/package*.c. */
#pragma once

#include "templates/package.h"

/* Looks at the file p->fd and lists its members. Sets p->kind; PACKAGE_DISK when it is no archive. */
int package_open_archive(struct package *p, const uint8_t *head, size_t n, uint64_t size,
			 struct err *e);

/* Appends a member; fd is taken when it is not the package's own. */
struct member *package_add(struct package *p, const char *name, int fd, uint64_t offset,
			   uint64_t size);
