/* Where kernel command lines stand in boot configurations, and the serial console on them. */
#include "provision/guest_console.h"

#include "base/scope.h"
#include "provision/guest_parts.h"

#include <string.h>

static const char serial[] = "console=ttyS";
static const char added[] = "console=tty0 console=ttyS0,115200";

/* What a line with a kernel command line begins with; quoted: the arguments are in quotes behind "=". */
static const struct {
	const char *word;
	bool quoted;
} starts[] = {
	{"linux", false},  {"linux16", false}, {"linuxefi", false},           {"options", false},
	{"append", false}, {"APPEND", false},  {"GRUB_CMDLINE_LINUX=", true},
};

/* The arguments of a line, or false. A menu's "linux /vmlinuz args" counts with the image's path, which is no option. */
static bool arguments(const char *line, size_t n, bool whole, size_t *from, size_t *to)
{
	size_t i = 0, k;

	*to = n;
	*from = 0;
	if (whole)
		return n > 0 && *line != '#';
	while (i < n && (line[i] == ' ' || line[i] == '\t'))
		i++;
	for (size_t s = 0; s < ARRAY_SIZE(starts); s++) {
		k = strlen(starts[s].word);
		if (n - i <= k || strncmp(line + i, starts[s].word, k) != 0)
			continue;
		*from = i + k;
		if (!starts[s].quoted) {
			if (line[i + k] != ' ' && line[i + k] != '\t')
				continue;
			return true;
		}
		if (line[*from] != '"' && line[*from] != '\'')
			continue;
		(*from)++;
		while (*to > *from && line[*to - 1] != line[i + k])
			(*to)--;
		if (*to == *from)
			continue;
		(*to)--;
		return true;
	}
	return false;
}

/* The next word of a command line. */
static bool next_argument(const char *line, size_t to, size_t *at, size_t *from, size_t *n)
{
	while (*at < to && (line[*at] == ' ' || line[*at] == '\t'))
		(*at)++;
	*from = *at;
	while (*at < to && line[*at] != ' ' && line[*at] != '\t')
		(*at)++;
	*n = *at - *from;
	return *n > 0;
}

static bool is_serial(const char *word, size_t n)
{
	return n > sizeof serial - 1 && strncmp(word, serial, sizeof serial - 1) == 0;
}

static bool has_serial(const char *line, size_t from, size_t to)
{
	size_t word, n;

	while (next_argument(line, to, &from, &word, &n))
		if (is_serial(line + word, n))
			return true;
	return false;
}

int console_in(const char *text, size_t len, bool whole)
{
	int found = -1;

	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at, from, to;

		if (arguments(text + at, n, whole, &from, &to)) {
			if (has_serial(text + at, from, to))
				return 1;
			found = 0;
		}
		at += n + 1;
	}
	return found;
}

static void without_serial(const char *line, size_t from, size_t to, struct strbuf *out)
{
	size_t word, n, done = from;

	for (size_t at = from; next_argument(line, to, &at, &word, &n);) {
		if (!is_serial(line + word, n))
			continue;
		/* with the blanks before it */
		strbuf_addn(out, line + done, word - done);
		while (out->len &&
		       (out->text[out->len - 1] == ' ' || out->text[out->len - 1] == '\t'))
			out->len--;
		done = at;
	}
	strbuf_addn(out, line + done, to - done);
}

static size_t set_line(const char *line, size_t n, bool whole, bool on, struct strbuf *out)
{
	size_t from, to;

	if (!arguments(line, n, whole, &from, &to) || has_serial(line, from, to) == on) {
		strbuf_addn(out, line, n);
		return 0;
	}
	strbuf_addn(out, line, from);
	if (on) {
		while (to > from && (line[to - 1] == ' ' || line[to - 1] == '\t'))
			to--;
		strbuf_addn(out, line + from, to - from);
		strbuf_printf(out, "%s%s", to > from ? " " : "", added);
	} else {
		without_serial(line, from, to, out);
	}
	strbuf_addn(out, line + to, n - to);
	return 1;
}

size_t console_set(const char *text, size_t len, bool whole, bool on, struct strbuf *out)
{
	size_t done = 0;

	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at;

		done += set_line(text + at, n, whole, on, out);
		if (end)
			strbuf_addc(out, '\n');
		at += n + 1;
	}
	return done;
}

/* ---- does the guest answer there? ---- */

const struct console_file console_files[] = {
	{"/boot/grub/grub.cfg", false},         {"/boot/grub2/grub.cfg", false},
	{"/boot/loader/entries/*.conf", false}, {"/boot/efi/loader/entries/*.conf", false},
	{"/efi/loader/entries/*.conf", false},  {"/boot/extlinux/extlinux.conf", false},
	{"/etc/kernel/cmdline", true},          {"/boot/firmware/cmdline.txt", true},
	{"/etc/default/grub", false},
};
const size_t console_files_count = ARRAY_SIZE(console_files);

static int command_lines(struct guest *g, const char **where)
{
	int found = -1;

	for (size_t i = 0; i < console_files_count; i++) {
		struct guest_list paths = {0};

		guest_glob(g, g->a, console_files[i].glob, &paths);
		for (size_t k = 0; k < paths.n; k++) {
			size_t len = 0;
			const char *text = guest_text(g, g->a, paths.items[k], 1 << 20, &len);
			int r = text ? console_in(text, len, console_files[i].whole) : -1;

			if (r > found) {
				found = r;
				*where = paths.items[k];
			}
		}
	}
	return found;
}

void guest_console_facts(struct guest *g)
{
	static const char getty[] =
		"/etc/systemd/system/getty.target.wants/serial-getty@ttyS0.service";
	struct guest_facts *f = &g->facts;
	struct guest_spot spot;
	const char *where = "";
	int lines = f->linux_found ? command_lines(g, &where) : -1;
	bool login = f->linux_found && guest_find(g, getty, false, &spot) == 0;

	if (lines == 1) {
		f->serial_console = GUEST_YES;
		f->serial_why = arena_printf(g->a, "console=ttyS0 in %s", where);
	} else if (login) {
		f->serial_console = GUEST_YES;
		f->serial_why =
			"a login on ttyS0 is enabled; the kernel's messages do not go there";
	} else if (lines == 0) {
		f->serial_console = GUEST_NO;
		f->serial_why = arena_printf(
			g->a, "no console=ttyS0 in %s and no login enabled on ttyS0", where);
	} else {
		f->serial_console = GUEST_UNKNOWN;
		f->serial_why = "no kernel command line was found";
	}
}
