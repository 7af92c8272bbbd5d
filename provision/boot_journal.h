/* A systemd journal file, read offline: its header, and what its entries say. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum journal_state { JOURNAL_OFFLINE, JOURNAL_ONLINE, JOURNAL_ARCHIVED };

struct journal_head {
	enum journal_state state; /* ONLINE: its writer did not close it */
	uint8_t machine_id[16];
	uint8_t boot_id[16]; /* of the last entry */
	uint64_t entries;
	uint64_t first_us, last_us; /* realtime, microseconds since 1970 */
};

/* -EINVAL with a sentence when this is no journal file. */
int journal_head_read(const void *file, size_t n, struct journal_head *out, struct err *e);

/* Calls each with every "FIELD=value" that is stored uncompressed, once for each distinct value, in the file's order.
 * A damaged file ends early. each may end it by returning false. */
void journal_walk(const void *file, size_t n, bool (*each)(void *ctx, const char *text, size_t len),
		  void *ctx);
