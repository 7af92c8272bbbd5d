/* The serial console in boot configurations: pure editors of kernel command lines. */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* Is there a kernel command line with console=ttyS... in this text: 1 yes, 0 none has it, -1 there is no command line.
 * Understands grub.cfg, boot loader entries, extlinux, /etc/default/grub; whole: all of the text is one. */
int console_in(const char *text, size_t len, bool whole);
/* The same text with the serial console on every command line, or on none; how many lines changed. */
size_t console_set(const char *text, size_t len, bool whole, bool on, struct strbuf *out);

/* The files that hold kernel command lines; the last ones are what tools make the first ones of. */
extern const struct console_file {
	const char *glob;
	bool whole; /* all of the file is one command line */
} console_files[];
extern const size_t console_files_count;
