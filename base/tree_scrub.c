/* The table of what is replaced, and where. */
#include "base/tree_scrub.h"

#include "base/arena.h"
#include "base/scope.h"
#include "base/scrub_words.h"

#include <fnmatch.h>
#include <string.h>

/* One row: the answers whose question matches are rewritten by `how`. Rows apply in order. */
struct rule {
	const char *kinds; /* of struct tree_memo; 'k': the question itself */
	const char *path;  /* fnmatch; '*' matches '/' too */
	void (*how)(struct scrub_words *w, struct strbuf *text);
};

/* A row that stops: GUIDs that name a kind of thing, not a thing. */
static void keep(struct scrub_words *w, struct strbuf *text)
{
	(void)w;
	(void)text;
}

static const struct rule rules[] = {
	{"rldk", "/sys/firmware/efi/*", keep},
	{"r", "*/class_id", keep},
	{"ak", "cpuid/*", keep},
	{"r", "/sys/class/dmi/id/*_serial", scrub_serial},
	{"r", "/sys/class/dmi/id/*_asset_tag", scrub_asset_tag},
	{"r", "/sys/devices/virtual/dmi/id/*_serial", scrub_serial},
	{"r", "/sys/devices/virtual/dmi/id/*_asset_tag", scrub_asset_tag},
	{"r", "/sys/*/serial", scrub_serial},
	{"r", "/sys/*/serial_number", scrub_serial},
	{"r", "/sys/*/wwid", scrub_serial},
	{"r", "/sys/*/subsysnqn", scrub_serial},
	{"r", "/sys/*/vpd*", scrub_serial},
	{"r", "/sys/class/infiniband/*_guid", scrub_serial},
	{"r", "/proc/device-tree/serial-number", scrub_serial},
	{"r", "/proc/sys/kernel/hostname", scrub_host},
	{"r", "/etc/hostname", scrub_host},
	{"r", "/etc/hosts", scrub_hosts},
	{"a", "uname", scrub_uname},
	{"a", "uname", scrub_host_words},
	{"r", "/etc/machine-id", scrub_hex},
	{"r", "/var/lib/dbus/machine-id", scrub_hex},
	{"r", "/proc/*cgroup", scrub_hex},
	{"rldk", "/sys/fs/cgroup*", scrub_hex},
	{"r", "/proc/*mount*", scrub_hex},
	{"r", "/proc/*mount*", scrub_addresses},
	{"r", "/proc/*mount*", scrub_homes},
	{"r", "/proc/*mount*", scrub_host_words},
	{"r", "/proc/cmdline", scrub_addresses},
	{"r", "/proc/cmdline", scrub_host_words},
	{"r", "/proc/net/*", scrub_addresses},
	{"r", "/etc/passwd", scrub_passwd},
	{"r", "/etc/group", scrub_group},
	{"r", "/etc/sub?id", scrub_passwd},
	{"ak", "*", scrub_homes},
	{"rldak", "*", scrub_macs},
	{"rldak", "*", scrub_uuids},
};

struct scrub {
	struct scrub_words words;
};

struct scrub *scrub_new(void)
{
	return xcalloc(1, sizeof(struct scrub));
}

void scrub_free(struct scrub *s)
{
	if (!s)
		return;
	arena_fini(&s->words.arena);
	free(s);
}

/* Lists are names with a NUL each; the scrubbers work on text. */
static void scrub_each(struct scrub_words *w, const struct rule *rule, struct strbuf *names)
{
	struct strbuf out = {0};
	const char *end = names->text + names->len;

	for (const char *p = names->text; p < end; p += strlen(p) + 1) {
		struct strbuf one = {0};

		strbuf_add(&one, p);
		rule->how(w, &one);
		strbuf_addn(&out, strbuf_str(&one), one.len + 1);
		strbuf_fini(&one);
	}
	strbuf_fini(names);
	*names = out;
}

static void apply(struct scrub *s, char kind, const char *key, struct strbuf *text, bool names)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules) && text->len; i++) {
		if (!strchr(rules[i].kinds, kind) || fnmatch(rules[i].path, key, 0) != 0)
			continue;
		if (rules[i].how == keep)
			return;
		if (names)
			scrub_each(&s->words, &rules[i], text);
		else
			rules[i].how(&s->words, text);
	}
}

void scrub_data(struct scrub *s, char kind, const char *key, struct strbuf *text)
{
	apply(s, kind, key, text, kind == 'd');
}

void scrub_learn(struct scrub *s, char kind, const char *key, const char *text, size_t len)
{
	struct strbuf copy = {0};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		bool names_host = rules[i].how == scrub_host || rules[i].how == scrub_hosts ||
				  rules[i].how == scrub_uname;

		if (!names_host || !len || !strchr(rules[i].kinds, kind) ||
		    fnmatch(rules[i].path, key, 0) != 0)
			continue;
		strbuf_addn(&copy, text, len);
		rules[i].how(&s->words, &copy);
		strbuf_fini(&copy);
	}
}

void scrub_key(struct scrub *s, struct strbuf *key)
{
	SCOPED(free_at) char *original = xstrdup(strbuf_str(key));

	apply(s, 'k', original, key, false);
}
