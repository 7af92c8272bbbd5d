/* The format is documented: https://systemd.io/JOURNAL_FILE_FORMAT */
#include "provision/boot_journal.h"

#include "base/bytes.h"

#include <errno.h>
#include <string.h>

enum { HEAD_MIN = 208, OBJECT_HEAD = 16, TYPE_DATA = 1, PAYLOAD = 64, PAYLOAD_COMPACT = 72 };
enum { INCOMPATIBLE_COMPACT = 1 << 4, COMPRESSED = 7 };

static const char signature[8] = {'L', 'P', 'K', 'S', 'H', 'H', 'R', 'H'};

int journal_head_read(const void *file, size_t n, struct journal_head *out, struct err *e)
{
	const uint8_t *p = file;

	if (n < HEAD_MIN || memcmp(p, signature, sizeof signature) != 0)
		return err_set(e, EINVAL, "not a journal file");
	if (p[16] > JOURNAL_ARCHIVED)
		return err_set(e, EINVAL, "a journal file in the unknown state %d", p[16]);
	*out = (struct journal_head){
		.state = (enum journal_state)p[16],
		.entries = le64(p + 152),
		.first_us = le64(p + 184),
		.last_us = le64(p + 192),
	};
	memcpy(out->machine_id, p + 40, sizeof out->machine_id);
	memcpy(out->boot_id, p + 56, sizeof out->boot_id);
	return 0;
}

void journal_walk(const void *file, size_t n, bool (*each)(void *ctx, const char *text, size_t len),
		  void *ctx)
{
	const uint8_t *p = file;
	struct journal_head head;
	uint64_t at, payload;

	if (journal_head_read(file, n, &head, NULL) < 0)
		return;
	payload = le32(p + 12) & INCOMPATIBLE_COMPACT ? PAYLOAD_COMPACT : PAYLOAD;
	at = le64(p + 88);
	if (at < HEAD_MIN)
		return;
	while (range_inside(at, OBJECT_HEAD, n)) {
		uint64_t size = le64(p + at + 8);

		if (size < OBJECT_HEAD || !range_inside(at, size, n))
			return;
		if (p[at] == TYPE_DATA && !(p[at + 1] & COMPRESSED) && size > payload &&
		    !each(ctx, (const char *)p + at + payload, (size_t)(size - payload)))
			return;
		/* size is inside the file: no overflow */
		at += (size + 7) & ~UINT64_C(7);
	}
}
