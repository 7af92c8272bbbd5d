/* The serial console on kernel command lines: set is set, and taken away again it is gone. */
#include "provision/guest_console.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct strbuf on = {0}, off = {0};

	if (!size)
		return 0;
	console_set(text + 1, size - 1, *data & 1, true, &on);
	if (console_in(on.text, on.len, *data & 1) == 0)
		abort();
	console_set(on.text, on.len, *data & 1, false, &off);
	if (console_in(off.text, off.len, *data & 1) == 1)
		abort();
	strbuf_fini(&on);
	strbuf_fini(&off);
	return 0;
}
