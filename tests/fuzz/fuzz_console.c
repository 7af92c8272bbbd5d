/* The console watcher: any bytes, any pieces, one outcome; nothing is written beside its fields. */
#include "provision/boot_console.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct console_watch whole = {0}, pieces = {0};
	size_t cut = size ? data[0] % size : 0;

	console_watch_feed(&whole, data, size);
	console_watch_feed(&pieces, data, cut);
	console_watch_feed(&pieces, data + cut, size - cut);
	if (whole.end != pieces.end || whole.nnotes != pieces.nnotes ||
	    strcmp(whole.host, pieces.host) != 0 || strcmp(whole.why, pieces.why) != 0)
		abort();
	if (whole.nnotes > CONSOLE_NOTES || whole.len >= CONSOLE_LINE ||
	    strlen(whole.why) >= CONSOLE_NOTE || (whole.end == CONSOLE_LOGIN) > whole.logged_in)
		abort();
	return 0;
}
