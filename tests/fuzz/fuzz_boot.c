/* What a boot leaves behind: a journal file, or a capture of frames, by the first byte. */
#include "provision/boot_frames.h"
#include "provision/boot_journal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool touch(void *ctx, const char *text, size_t len)
{
	unsigned *sum = ctx;

	for (size_t i = 0; i < len; i++)
		*sum += (unsigned char)text[i];
	return len != 13;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t server[5] = {0x52, 0x55, 192, 0, 2};
	struct journal_head head;
	struct frame_facts f;
	unsigned sum = 0;

	if (!size)
		return 0;
	if (data[0] == 'j') {
		journal_head_read(data + 1, size - 1, &head, NULL);
		journal_walk(data + 1, size - 1, touch, &sum);
		return 0;
	}
	frames_read(data + 1, size - 1, server, &f);
	if (f.client_len > sizeof f.client || strlen(f.hostname) >= sizeof f.hostname)
		abort();
	return 0;
}
