/* Who asks: from /proc/self/status, /etc/passwd and /etc/group, so that a capture knows it too. */
#include "probe/who.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- /etc/passwd and /etc/group ---- */

enum { FIELDS = 7 };

/* Splits a copy of "a:b:c" at the colons; what is missing is "". */
static void split(struct arena *a, const char *line, size_t n, const char *fields[FIELDS])
{
	char *p = arena_dupn(a, line, n);

	for (int i = 0; i < FIELDS; i++) {
		char *end = p ? strchr(p, ':') : NULL;

		fields[i] = p ? p : "";
		if (end)
			*end++ = 0;
		p = end;
	}
}

typedef bool row_wanted(const char *const fields[FIELDS], const void *arg);

static bool find_row(const struct host *h, const char *path, row_wanted *wanted, const void *arg,
		     const char *fields[FIELDS])
{
	const char *text, *line;
	size_t n;

	if (tree_read(h->t, path, TREE_TEXT_MAX, &text, NULL) < 0)
		return false;
	while (str_line(&text, &line, &n)) {
		split(h->a, line, n, fields);
		if (wanted(fields, arg))
			return true;
	}
	return false;
}

static bool by_name(const char *const fields[FIELDS], const void *name)
{
	return str_eq(fields[0], name);
}

static bool by_id(const char *const fields[FIELDS], const void *id)
{
	uint64_t n;

	return num_parse(fields[2], 10, &n) && n == *(const uint32_t *)id;
}

bool who_find_user(const struct host *h, const char *name, uint32_t *uid, uint32_t *gid)
{
	const char *fields[FIELDS];
	uint64_t u, g;

	if (!find_row(h, "/etc/passwd", by_name, name, fields) || !num_parse(fields[2], 10, &u) ||
	    !num_parse(fields[3], 10, &g) || u > UINT32_MAX || g > UINT32_MAX)
		return false;
	*uid = (uint32_t)u;
	*gid = (uint32_t)g;
	return true;
}

static const char *name_of(const struct host *h, const char *path, uint32_t id)
{
	const char *fields[FIELDS];

	if (find_row(h, path, by_id, &id, fields) && *fields[0])
		return fields[0];
	return arena_printf(h->a, "%u", id);
}

const char *who_user_name(const struct host *h, uint32_t uid)
{
	return uid == 0 ? "root" : name_of(h, "/etc/passwd", uid);
}

const char *who_group_name(const struct host *h, uint32_t gid)
{
	return gid == 0 ? "root" : name_of(h, "/etc/group", gid);
}

bool who_group_exists(const struct host *h, const char *name)
{
	const char *fields[FIELDS];

	return find_row(h, "/etc/group", by_name, name, fields);
}

/* "a,b,c" */
static bool lists(const char *members, const char *name)
{
	size_t len = strlen(name);

	while (*members) {
		size_t n = strcspn(members, ",");

		if (n == len && strncmp(members, name, n) == 0)
			return true;
		members += n + (members[n] == ',');
	}
	return false;
}

bool who_listed_in(const struct host *h, uint32_t gid)
{
	const struct who *w = &h->who;
	const char *fields[FIELDS], *name = fact_str(w->user, "");
	uint32_t uid, primary;

	if (who_find_user(h, name, &uid, &primary) && primary == gid)
		return true;
	return find_row(h, "/etc/group", by_id, &gid, fields) && lists(fields[3], name);
}

/* ---- the caller ---- */

static const char *status_value(const char *status, const char *key, size_t *n)
{
	const char *line;
	size_t len, key_len = strlen(key);

	while (str_line(&status, &line, &len))
		if (len > key_len && strncmp(line, key, key_len) == 0 && line[key_len] == ':') {
			*n = len - key_len - 1;
			return line + key_len + 1;
		}
	return NULL;
}

static const char *status_text(struct host *h, const char *status, const char *key)
{
	size_t n;
	const char *v = status_value(status, key, &n);

	return v ? str_trim(arena_dupn(h->a, v, n)) : NULL;
}

static bool nth_number(const char *text, int nth, uint32_t *out)
{
	const char *word;
	size_t n;
	char one[16];
	uint64_t v;

	for (int i = 0; text && str_word(&text, &word, &n); i++) {
		if (i < nth)
			continue;
		if (n >= sizeof one)
			return false;
		memcpy(one, word, n);
		one[n] = 0;
		if (!num_parse(one, 10, &v) || v > UINT32_MAX)
			return false;
		*out = (uint32_t)v;
		return true;
	}
	return false;
}

static void caller_from_status(struct host *h, const char *status)
{
	struct who *w = &h->who;
	const char *groups = status_text(h, status, "Groups");
	uint32_t g;

	/* The second number is the effective id: what the kernel checks. */
	w->known = nth_number(status_text(h, status, "Uid"), 1, &w->uid) &&
		   nth_number(status_text(h, status, "Gid"), 1, &w->gid);
	while (w->ngroups < WHO_GROUPS && nth_number(groups, (int)w->ngroups, &g))
		w->groups[w->ngroups++] = g;
}

static void gather_status(struct host *h)
{
	static const char path[] = "/proc/self/status";
	struct who *w = &h->who;
	const char *status, *text;
	uint64_t n;
	int r = tree_read(h->t, path, TREE_TEXT_MAX, &status, NULL);

	w->caps = w->seccomp = fact_unknown(path, r < 0 ? r : -ENODATA);
	if (r < 0)
		return;
	caller_from_status(h, status);
	text = status_text(h, status, "CapEff");
	if (text && num_parse(text, 16, &n))
		w->caps = fact_num(path, (int64_t)n);
	text = status_text(h, status, "Seccomp");
	if (text)
		w->seccomp = fact_because(path, !str_eq(text, "0"), text);
}

static void gather_userns(struct host *h)
{
	static const char map[] = "/proc/self/uid_map", groups[] = "/proc/self/setgroups";
	struct who *w = &h->who;
	const char *text;
	unsigned inside, outside;
	unsigned long long count;
	int r = tree_line(h->t, map, &text);

	if (r < 0) {
		/* A kernel without user namespaces has no such file: everybody is in the first. */
		w->userns =
			r == -ENOENT && tree_is_live(h->t) ? fact_no(map) : fact_unknown(map, r);
		return;
	}
	if (sscanf(text, "%u %u %llu", &inside, &outside, &count) != 3)
		w->userns = fact_because(map, true, *text ? text : "empty");
	else
		w->userns = fact_because(map, inside || outside || count < UINT32_MAX, text);
	if (tree_line(h->t, groups, &text) == 0)
		w->setgroups = fact_because(groups, str_eq(text, "allow"), text);
	else
		w->setgroups = fact_unknown(groups, ENODATA);
}

static void add_listed_groups(struct host *h, const char *name)
{
	const char *text, *line, *fields[FIELDS];
	struct who *w = &h->who;
	uint64_t gid;
	size_t n;

	if (tree_read(h->t, "/etc/group", TREE_TEXT_MAX, &text, NULL) < 0)
		return;
	while (w->ngroups < WHO_GROUPS && str_line(&text, &line, &n)) {
		split(h->a, line, n, fields);
		if (lists(fields[3], name) && num_parse(fields[2], 10, &gid) && gid <= UINT32_MAX)
			w->groups[w->ngroups++] = (uint32_t)gid;
	}
}

static void become_named(struct host *h, const char *name)
{
	struct who *w = &h->who;

	w->other = true;
	w->ngroups = 0;
	w->known = who_find_user(h, name, &w->uid, &w->gid);
	w->caps = fact_num("/etc/passwd", w->known && w->uid == 0 ? -1 : 0);
	add_listed_groups(h, name);
	w->user = w->known ? fact_text("/etc/passwd", name) : fact_unknown("/etc/passwd", ENOENT);
	w->user.num = w->uid;
	w->user.has_num = w->known;
}

void who_gather(struct host *h)
{
	struct who *w = &h->who;
	const char *name = h->opt ? h->opt->user : NULL;
	uint32_t uid, gid;

	gather_status(h);
	gather_userns(h);
	if (name && !(w->known && who_find_user(h, name, &uid, &gid) && uid == w->uid)) {
		become_named(h, name);
		return;
	}
	if (!w->known) {
		w->user = fact_unknown("/proc/self/status", ENODATA);
		return;
	}
	w->user = fact_text("/proc/self/status", who_user_name(h, w->uid));
	w->user.num = w->uid;
	w->user.has_num = true;
}

void who_take_groups(struct host *h, uint32_t gid, const uint32_t *groups, size_t n)
{
	struct who *w = &h->who;

	w->gid = gid;
	w->ngroups = n < WHO_GROUPS ? n : WHO_GROUPS;
	memcpy(w->groups, groups, w->ngroups * sizeof *groups);
}

bool who_in_group(const struct who *w, uint32_t gid)
{
	if (w->gid == gid)
		return true;
	for (size_t i = 0; i < w->ngroups; i++)
		if (w->groups[i] == gid)
			return true;
	return false;
}

bool who_is_root(const struct who *w)
{
	return w->known && w->uid == 0 && w->userns.is != YES;
}
