/* The console watcher: terminal control taken away, then a table of words. */
#include "provision/boot_console.h"

#include "base/scope.h"
#include "base/str.h"

#include <string.h>

/* One of the two: it ends the boot, or it is noted. `first`: the words begin their line, as a prompt does. */
struct sign {
	const char *words;
	bool first;
	enum console_end end; /* CONSOLE_RUNS: noted */
	enum console_kind kind;
};

static const struct sign signs[] = {
	{"Kernel panic - not syncing", false, CONSOLE_PANIC, 0},
	{"You are in emergency mode", false, CONSOLE_EMERGENCY, 0},
	{"Welcome to emergency mode", false, CONSOLE_EMERGENCY, 0},
	{"Entering emergency mode", false, CONSOLE_EMERGENCY, 0},
	{"Give root password for maintenance", false, CONSOLE_EMERGENCY, 0},
	{"the root account is locked", false, CONSOLE_EMERGENCY, 0},
	{"You are in rescue mode", false, CONSOLE_RESCUE, 0},
	{"Welcome to rescue mode", false, CONSOLE_RESCUE, 0},
	{"(initramfs) ", true, CONSOLE_INITRAMFS, 0},
	{"dracut:/# ", true, CONSOLE_INITRAMFS, 0},
	{"initramfs emergency recovery shell launched", false, CONSOLE_INITRAMFS, 0},
	{"grub> ", true, CONSOLE_GRUB, 0},
	{"grub rescue> ", true, CONSOLE_GRUB_RESCUE, 0},
	{"UEFI Interactive Shell", false, CONSOLE_UEFI_SHELL, 0},
	{"Shell> ", true, CONSOLE_UEFI_SHELL, 0},
	/* SeaBIOS, OVMF, what an MBR says, and PXE as the last resort. */
	{"No bootable device", false, CONSOLE_NO_SYSTEM, 0},
	{"No bootable option or device", false, CONSOLE_NO_SYSTEM, 0},
	{"not a bootable disk", false, CONSOLE_NO_SYSTEM, 0},
	{"Missing operating system", false, CONSOLE_NO_SYSTEM, 0},
	{"Operating System not found", false, CONSOLE_NO_SYSTEM, 0},
	{"Error loading operating system", false, CONSOLE_NO_SYSTEM, 0},
	{"Start PXE over IP", false, CONSOLE_NO_SYSTEM, 0},

	{"error: no such device", false, CONSOLE_RUNS, NOTE_LOADER},
	{"error: unknown filesystem", false, CONSOLE_RUNS, NOTE_LOADER},
	{"Timed out waiting for device", false, CONSOLE_RUNS, NOTE_DEVICE},
	{"Gave up waiting for", false, CONSOLE_RUNS, NOTE_DEVICE},
	{"ALERT! ", false, CONSOLE_RUNS, NOTE_DEVICE},
	{"Dependency failed for", false, CONSOLE_RUNS, NOTE_DEPENDENCY},
	{"Failed to start ", false, CONSOLE_RUNS, NOTE_UNIT},
	{"Failed to mount ", false, CONSOLE_RUNS, NOTE_UNIT},
	{"Failed to activate swap", false, CONSOLE_RUNS, NOTE_UNIT},
	{"BUG: unable to handle", false, CONSOLE_RUNS, NOTE_KERNEL},
	{"Oops: ", false, CONSOLE_RUNS, NOTE_KERNEL},
	{"soft lockup - CPU#", false, CONSOLE_RUNS, NOTE_STALL},
	{"self-detected stall on CPU", false, CONSOLE_RUNS, NOTE_STALL},
	{"detected stalls on CPU", false, CONSOLE_RUNS, NOTE_STALL},
	{"clocksource: timekeeping watchdog", false, CONSOLE_RUNS, NOTE_STALL},
	{"blocked for more than", false, CONSOLE_RUNS, NOTE_STALL},
};

enum { NO_SIGN = 0 }; /* console_watch.sign is an index from 1 */

const char *console_end_name(enum console_end end)
{
	static const char *const names[] = {
		[CONSOLE_RUNS] = "",
		[CONSOLE_LOGIN] = "login prompt",
		[CONSOLE_PANIC] = "kernel panic",
		[CONSOLE_EMERGENCY] = "emergency shell",
		[CONSOLE_RESCUE] = "rescue shell",
		[CONSOLE_INITRAMFS] = "initramfs shell",
		[CONSOLE_GRUB] = "GRUB's prompt",
		[CONSOLE_GRUB_RESCUE] = "GRUB's rescue prompt",
		[CONSOLE_UEFI_SHELL] = "UEFI shell",
		[CONSOLE_NO_SYSTEM] = "the firmware found nothing to boot",
	};

	return (size_t)end < ARRAY_SIZE(names) ? names[end] : "";
}

/* ---- lines ---- */

/* What fits of it. */
static void copy(char *to, size_t room, const char *from)
{
	size_t n = strnlen(from, room - 1);

	memcpy(to, from, n);
	to[n] = 0;
}

static void note(struct console_watch *w, enum console_kind kind, const char *text)
{
	char short_text[CONSOLE_NOTE];

	copy(short_text, sizeof short_text, text);
	if (kind == NOTE_STALL) {
		copy(w->stall, sizeof w->stall, text);
		w->stalls++;
		return;
	}
	for (size_t i = 0; i < w->nnotes; i++)
		if (w->notes[i].kind == kind && str_eq(w->notes[i].text, short_text))
			return;
	if (w->nnotes == CONSOLE_NOTES) {
		w->more++;
		return;
	}
	w->notes[w->nnotes].kind = kind;
	copy(w->notes[w->nnotes++].text, CONSOLE_NOTE, short_text);
}

static void end_line(struct console_watch *w)
{
	while (w->len && w->line[w->len - 1] == ' ')
		w->len--;
	w->line[w->len] = 0;
	if (w->sign != NO_SIGN)
		note(w, signs[w->sign - 1].kind, w->line + w->sign_at);
	if (w->why_open)
		copy(w->why, sizeof w->why, w->line);
	if (w->len)
		copy(w->last, sizeof w->last, w->line);
	w->len = 0;
	w->sign = NO_SIGN;
	w->why_open = w->cut = false;
}

/* A line too long keeps its end, and what a note begins with. */
static void make_room(struct console_watch *w)
{
	size_t from = CONSOLE_LINE / 2;

	if (w->sign != NO_SIGN) {
		note(w, signs[w->sign - 1].kind, w->line + w->sign_at);
		w->sign = NO_SIGN;
	}
	if (w->why_open)
		copy(w->why, sizeof w->why, w->line);
	w->why_open = false;
	memmove(w->line, w->line + from, w->len - from);
	w->len -= from;
	w->cut = true;
}

/* ---- words ---- */

static bool ends_with(const struct console_watch *w, const char *words, bool first)
{
	size_t n = strlen(words);

	if (n > w->len || (first && (n != w->len || w->cut)))
		return false;
	return memcmp(w->line + w->len - n, words, n) == 0;
}

static void stop(struct console_watch *w, enum console_end end)
{
	if (w->end > CONSOLE_LOGIN)
		return;
	w->end = end;
	w->why_open = true;
	copy(w->why, sizeof w->why, w->line);
}

/* "HOST login: " as getty writes it; login(1) says "Last login: " later. */
static void look_for_login(struct console_watch *w)
{
	static const char prompt[] = "login: ";
	size_t n = sizeof prompt - 1, host;

	if (w->logged_in || w->cut || !ends_with(w, prompt, false))
		return;
	host = w->len - n;
	if (host && w->line[host - 1] != ' ')
		return;
	host -= host ? 1 : 0;
	if (host >= CONSOLE_HOST || memchr(w->line, ' ', host) || str_starts(w->line, "Last "))
		return;
	w->logged_in = true;
	copy(w->host, host + 1, w->line);
	if (w->end == CONSOLE_RUNS)
		w->end = CONSOLE_LOGIN;
}

static void look(struct console_watch *w)
{
	char c = w->line[w->len - 1];

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		const struct sign *s = &signs[i];

		if (s->words[strlen(s->words) - 1] != c || !ends_with(w, s->words, s->first))
			continue;
		if (s->end != CONSOLE_RUNS) {
			stop(w, s->end);
		} else if (w->sign == NO_SIGN) {
			w->sign = (int)i + 1;
			w->sign_at = w->len - strlen(s->words);
		}
	}
	if (c == ' ')
		look_for_login(w);
}

static void add(struct console_watch *w, char c)
{
	if (w->len == CONSOLE_LINE - 1)
		make_room(w);
	w->line[w->len++] = c;
	w->line[w->len] = 0;
	look(w);
}

/* ---- the terminal ---- */

enum { PLAIN, ESCAPE, CSI, STRING, STRING_ESCAPE, ONE_MORE };

/* After ESC: what kind of sequence. */
static int escape_of(unsigned char c)
{
	if (c == '[')
		return CSI;
	if (c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_')
		return STRING;
	/* character sets: one more byte */
	return strchr("()*+-./#% ", c) && c ? ONE_MORE : PLAIN;
}

/* Moving the cursor or wiping the screen begins a new line: GRUB and firmware place every text so. */
static bool breaks_line(unsigned char c)
{
	return c && strchr("ABEFHJdf", c);
}

static void sequence(struct console_watch *w, unsigned char c)
{
	switch (w->escape) {
	case ESCAPE:
		w->escape = escape_of(c);
		return;
	case CSI:
		if (c < 0x40 || c > 0x7e)
			return;
		if (breaks_line(c))
			end_line(w);
		w->escape = PLAIN;
		return;
	case STRING:
		/* A lone ESC or a broken string must not swallow what follows its line. */
		if (c == 0x1b)
			w->escape = STRING_ESCAPE;
		else if (c == 7 || c == '\n')
			w->escape = PLAIN;
		return;
	default:
		w->escape = PLAIN;
	}
}

static void feed(struct console_watch *w, unsigned char c)
{
	if (w->escape == CSI && c == 0x1b)
		w->escape = ESCAPE;
	else if (w->escape != PLAIN)
		sequence(w, c);
	else if (c == 0x1b)
		w->escape = ESCAPE;
	else if (c == '\n' || c == '\r')
		end_line(w);
	else if (c == '\t')
		add(w, ' ');
	else if (c >= 0x20 && c != 0x7f)
		add(w, (char)c);
}

void console_watch_feed(struct console_watch *w, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++)
		feed(w, p[i]);
}
