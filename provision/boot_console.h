/* A guest's serial console, watched: a pure state machine over its bytes, of fixed size.
 *
 * What the guest says is text from outside: escape sequences are taken away, and only words of the table below count. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { CONSOLE_LINE = 400, CONSOLE_NOTE = 160, CONSOLE_NOTES = 16, CONSOLE_HOST = 72 };

/* Where a boot has come to rest. */
enum console_end {
	CONSOLE_RUNS, /* nowhere yet */
	CONSOLE_LOGIN,
	CONSOLE_PANIC,
	CONSOLE_EMERGENCY,
	CONSOLE_RESCUE,
	CONSOLE_INITRAMFS,
	CONSOLE_GRUB,
	CONSOLE_GRUB_RESCUE,
	CONSOLE_UEFI_SHELL,
	CONSOLE_NO_SYSTEM,
};

/* What went wrong on the way. */
enum console_kind { NOTE_LOADER, NOTE_DEVICE, NOTE_DEPENDENCY, NOTE_UNIT, NOTE_KERNEL, NOTE_STALL };

struct console_note {
	enum console_kind kind;
	char text[CONSOLE_NOTE]; /* from the words on */
};

/* Zeroed: nothing was said yet. */
struct console_watch {
	enum console_end end;    /* a login may still become a failure, a failure stays */
	bool logged_in;          /* a login prompt was there */
	char host[CONSOLE_HOST]; /* before "login:"; "" when the prompt has none */
	char why[CONSOLE_NOTE];  /* the line that made it a failure; what of it has come */
	char last[CONSOLE_NOTE]; /* the last line that was not empty */
	struct console_note notes[CONSOLE_NOTES];
	size_t nnotes, more; /* more: notes that found no room */
	/* The kernel got no processor for too long: no failure, and not among the notes. The last such line. */
	size_t stalls;
	char stall[CONSOLE_NOTE];
	/* private: */
	char line[CONSOLE_LINE];
	size_t len;
	bool cut; /* the line's beginning is lost */
	int escape, sign;
	bool why_open;
	size_t sign_at;
};

void console_watch_feed(struct console_watch *w, const void *bytes, size_t n);

/* "emergency shell"; "" for CONSOLE_RUNS. */
const char *console_end_name(enum console_end end);
