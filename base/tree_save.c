/* Writing a capture: the index first, then the bytes of every file that was read. */
#include "base/tree_capture.h"

#include "base/lazy_archive.h"
#include "base/scope.h"
#include "base/tree_scrub.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

struct member {
	char *name;
	struct strbuf bytes;
};

struct saving {
	struct scrub *scrub; /* NULL: nothing is scrubbed */
	json_t *items;
	struct member *members;
	size_t count, room;
};

static void saving_fini(struct saving *s)
{
	scrub_free(s->scrub);
	json_decref(s->items);
	for (size_t i = 0; i < s->count; i++) {
		free(s->members[i].name);
		strbuf_fini(&s->members[i].bytes);
	}
	free(s->members);
}

/* ---- the index ---- */

/* True for "/a/b/c": such a path can be a member's name without meaning another file. */
static bool is_plain(const char *path)
{
	if (path[0] != '/' || strlen(path) > PATH_MAX - 16)
		return false;
	for (const char *p = path; *p;) {
		size_t n = strcspn(++p, "/");

		if (!n || n > NAME_MAX || (n == 1 && *p == '.') ||
		    (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		p += n;
	}
	for (const unsigned char *p = (const unsigned char *)path; *p; p++)
		if (*p < ' ' || *p > '~')
			return false;
	return true;
}

/* Takes the bytes. */
static const char *add_member(struct saving *s, const char *path, struct strbuf *bytes)
{
	struct strbuf name = {0};

	if (is_plain(path))
		strbuf_printf(&name, "root%s", path);
	else
		strbuf_printf(&name, "other/%zu", s->count);
	if (s->count == s->room) {
		s->room = s->room ? s->room * 2 : 256;
		s->members = xrealloc(s->members, s->room * sizeof *s->members);
	}
	s->members[s->count++] = (struct member){.name = name.text, .bytes = *bytes};
	*bytes = (struct strbuf){0};
	return name.text;
}

static void set_stat(json_t *o, const struct tree_stat *st)
{
	json_object_set_new(o, "mode", json_integer(st->mode));
	json_object_set_new(o, "uid", json_integer(st->uid));
	json_object_set_new(o, "gid", json_integer(st->gid));
	json_object_set_new(
		o, "rdev",
		json_pack("[I,I]", (json_int_t)st->rdev_major, (json_int_t)st->rdev_minor));
	json_object_set_new(o, "size", json_integer((json_int_t)st->size));
	json_object_set_new(o, "dev", json_integer((json_int_t)st->dev));
	json_object_set_new(o, "ino", json_integer((json_int_t)st->ino));
}

static json_t *json_of_names(const struct strbuf *names)
{
	json_t *list = json_array();
	const char *text = strbuf_str(names), *end = text + names->len;

	for (const char *p = text; p < end; p += strlen(p) + 1)
		json_array_append_new(list, capture_bytes(p, strlen(p)));
	return list;
}

static void set_data(struct saving *s, json_t *o, const struct tree_memo *m, struct strbuf *data)
{
	switch (m->kind) {
	case 'r':
		json_set_text(o, "member", add_member(s, m->key, data));
		break;
	case 'l':
		json_object_set_new(o, "target", capture_bytes(strbuf_str(data), data->len));
		break;
	case 'd':
		json_object_set_new(o, "names", json_of_names(data));
		break;
	case 'a':
		json_object_set_new(o, "text", capture_bytes(strbuf_str(data), data->len));
		break;
	default:
		set_stat(o, &m->st);
	}
}

static void add_item(struct saving *s, const struct tree_memo *original)
{
	struct strbuf key = {0}, data = {0};
	struct tree_memo m = *original;
	json_t *o = json_object();

	strbuf_add(&key, m.key);
	strbuf_addn(&data, m.data, m.len);
	if (s->scrub) {
		scrub_data(s->scrub, m.kind, m.key, &data);
		scrub_key(s->scrub, &key);
	}
	m.key = strbuf_str(&key);
	for (size_t i = 0; i < capture_kinds_count; i++)
		if (capture_kinds[i].kind == m.kind)
			json_set_text(o, "kind", capture_kinds[i].name);
	json_object_set_new(o, "key", capture_bytes(m.key, strlen(m.key)));
	json_object_set_new(o, "result", json_integer(m.result));
	if (m.result < 0)
		json_set_text(o, "error", err_name(m.result));
	else
		set_data(s, o, &m, &data);
	json_array_append_new(s->items, o);
	strbuf_fini(&key);
	strbuf_fini(&data);
}

static void index_text(const struct saving *s, struct strbuf *out)
{
	json_t *root = json_object();
	time_t now = time(NULL);
	struct tm tm;
	char when[32];

	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	json_set_text(root, "schema", CAPTURE_SCHEMA);
	json_set_text(root, "version", VMINT_VERSION);
	json_set_text(root, "time", when);
	json_object_set_new(root, "anonymised", json_boolean(s->scrub));
	json_object_set(root, "items", s->items);
	json_add(out, root);
	json_decref(root);
}

/* ---- the archive ---- */

static la_ssize_t write_part(struct archive *a, void *out, const void *p, size_t n)
{
	(void)a;
	strbuf_addn(out, p, n);
	return (la_ssize_t)n;
}

static int write_member(struct archive *a, const char *name, const char *p, size_t n)
{
	struct archive_entry *entry = archive_entry_new();
	int fine;

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, S_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_size(entry, (la_int64_t)n);
	archive_entry_set_mtime(entry, 0, 0);
	fine = archive_write_header(a, entry) == ARCHIVE_OK &&
	       (!n || archive_write_data(a, p, n) == (la_ssize_t)n);
	archive_entry_free(entry);
	return fine ? 0 : -EIO;
}

static int write_members(struct archive *a, const struct saving *s)
{
	struct strbuf index = {0};
	int r;

	index_text(s, &index);
	r = write_member(a, CAPTURE_INDEX, strbuf_str(&index), index.len);
	strbuf_fini(&index);
	for (size_t i = 0; r == 0 && i < s->count; i++)
		r = write_member(a, s->members[i].name, strbuf_str(&s->members[i].bytes),
				 s->members[i].bytes.len);
	return r;
}

static int write_archive(const struct saving *s, struct strbuf *out, struct err *e)
{
	struct archive *a = archive_write_new();
	int r = -EIO;

	archive_write_set_format_pax_restricted(a);
	archive_write_add_filter_gzip(a);
	archive_write_set_bytes_in_last_block(a, 1);
	/* The same answers shall give the same bytes. */
	archive_write_set_options(a, "gzip:!timestamp");
	if (archive_write_open(a, out, NULL, write_part, NULL) == ARCHIVE_OK)
		r = write_members(a, s);
	if (r == 0 && archive_write_close(a) != ARCHIVE_OK)
		r = -EIO;
	if (r < 0)
		err_set(e, EIO, "the capture cannot be written: %s", archive_error_string(a));
	archive_write_free(a);
	return r;
}

int tree_save(struct tree *t, struct strbuf *out, bool raw, struct err *e)
{
	SCOPED(saving_fini) struct saving s = {0};
	int r = lazy_archive_load(e);

	if (r < 0)
		return r;
	s.items = json_array();
	if (!raw)
		s.scrub = scrub_new();
	for (const struct tree_memo *m = tree_memos(t); s.scrub && m; m = m->next)
		scrub_learn(s.scrub, m->kind, m->key, m->data, m->len);
	for (const struct tree_memo *m = tree_memos(t); m; m = m->next)
		if (!m->inner)
			add_item(&s, m);
	return write_archive(&s, out, e);
}
