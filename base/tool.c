/* PATH, walked. */
#include "base/tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int tool_find(const char *name, char *path, size_t room)
{
	const char *at = getenv("PATH");

	for (at = at ? at : "/usr/bin"; *at;) {
		int len = (int)strcspn(at, ":");
		int n = snprintf(path, room, "%.*s/%s", len, at, name);

		if (n > 0 && (size_t)n < room && access(path, X_OK) == 0)
			return 0;
		at += len + (at[len] == ':');
	}
	return -ENOENT;
}
