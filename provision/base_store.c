/* Finding and making bases. base/DIGEST.json records what was made of what; it is written last. */
#include "provision/base_digest.h"
#include "provision/stage.h"

#include "base/json.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "templates/disk_qcow2.h"
#include "templates/import_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

enum { RECORD_MAX = 1 << 20, BASES_MAX = 100000 };

/* ---- has the template changed since? ---- */

static void add_stamp(struct strbuf *out, int fd)
{
	struct stat st;

	if (sys_fstat(fd, &st) < 0)
		return;
	strbuf_printf(out, "%" PRIu64 ":%" PRId64 ":%" PRId64 ".%09ld:%" PRId64 ".%09ld ",
		      (uint64_t)st.st_ino, (int64_t)st.st_size, (int64_t)st.st_mtim.tv_sec,
		      st.st_mtim.tv_nsec, (int64_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
}

/* Every file that makes the template: inode, size and both times. A change time cannot be set back. */
static const char *stamp_of(struct arena *a, const struct source *s)
{
	const struct package *p = &s->t.package;
	struct strbuf out = {0};
	const char *text;

	if (p->kind != PACKAGE_FOLDER)
		add_stamp(&out, p->fd);
	else
		for (size_t i = 0; i < p->nmembers; i++)
			add_stamp(&out, p->members[i].fd);
	text = arena_dup(a, strbuf_str(&out));
	strbuf_fini(&out);
	return text;
}

/* ---- records ---- */

static json_t *read_record(int out, const char *path)
{
	json_t *record = NULL;

	json_read_beneath(out, path, RECORD_MAX, &record, NULL);
	return record;
}

bool base_known(struct arena *a, int out, const struct source *s, char digest[DIGEST_TEXT])
{
	SCOPED(close_at) int dir = sys_open_beneath(out, "base", O_RDONLY | O_DIRECTORY, 0);
	const char *stamp = stamp_of(a, s);
	struct strbuf names = {0};
	bool found = false;

	if (dir < 0 || sys_list(dir, &names, BASES_MAX) < 0) {
		strbuf_fini(&names);
		return false;
	}
	for (const char *n = strbuf_str(&names); !found && n < names.text + names.len;
	     n += strlen(n) + 1) {
		const char *was, *text;
		json_t *record;

		if (!str_ends(n, ".json"))
			continue;
		record = read_record(dir, n);
		was = record ? json_get_text(record, "stamp") : NULL;
		text = record ? json_get_text(record, "digest") : NULL;
		if (was && text && *was && str_eq(was, stamp) && strlen(text) == DIGEST_TEXT - 1) {
			memcpy(digest, text, DIGEST_TEXT);
			found = true;
		}
		json_decref(record);
	}
	strbuf_fini(&names);
	return found;
}

/* ---- making ---- */

struct making {
	struct source *s;
	struct arena *a;
	int out;
	const struct base_options *o;
	struct strbuf summary;
	const char **staged; /* below out */
	size_t nstaged;
	bool spread; /* over files that the stamp does not know */
};

static int import_progress(void *ctx, uint64_t done, uint64_t total)
{
	const struct base_digesting *d = ctx;

	return d->o && d->o->progress ? d->o->progress(d->o->ctx, done, total) : 0;
}

static int import_into(struct making *m, const struct template_disk *t, struct template_image *x,
		       int fd, uint8_t raw[32], struct err *e)
{
	struct base_digesting d = {.o = m->o};
	const struct import_options o = {
		.qcow2 = true,
		.sync = true,
		.input = base_digest_input,
		.progress = import_progress,
		.ctx = &d,
	};
	int r = base_digest_begin(&d, m->s, t, x, e);

	if (r == 0)
		r = base_check_others(m->s, t, x, &d, e);
	if (r == 0)
		r = import_disk(x->file, x->image, fd, &o, e);
	if (r == 0)
		r = base_digest_end(&d, m->s, raw, e);
	base_digest_fini(&d);
	return r;
}

static int make_disk(struct making *m, size_t i, struct err *e)
{
	SCOPED(template_image_close_at) struct template_image x = {0};
	const struct template_disk *t = m->s->disks[i].is;
	const char *path = stage_path(m->a, "base/");
	SCOPED(close_at) int fd = -1;
	uint8_t raw[32];
	int r = template_disk_open(&m->s->t, t, &x, e);

	if (r < 0)
		return r;
	m->spread |= x.others.count > 0;
	fd = sys_openat(m->out, path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(e, fd, "%s", path);
	m->staged[m->nstaged++] = path;
	r = import_into(m, t, &x, fd, raw, e);
	if (r < 0)
		return err_in(e, r, "making the base");
	base_summary_disk(&m->summary, i, raw);
	r = sys_sync(fd);
	if (r == 0)
		r = sys_chmod(fd, 0444);
	return r < 0 ? err_sys(e, r, "%s", path) : 0;
}

static const char *disk_path(struct arena *a, const char *digest, size_t i)
{
	return i ? arena_printf(a, "base/%s.%zu.qcow2", digest, i)
		 : arena_printf(a, "base/%s.qcow2", digest);
}

static const char *mtime_text(struct arena *a, const struct stat *st)
{
	return arena_printf(a, "%" PRId64 ".%09ld", (int64_t)st->st_mtim.tv_sec,
			    st->st_mtim.tv_nsec);
}

static int describe_disk(struct making *m, const char *digest, size_t i, json_t *disks,
			 struct err *e)
{
	const char *path = disk_path(m->a, digest, i);
	SCOPED(close_at) int fd = sys_open_beneath(m->out, m->staged[i], O_RDONLY, 0);
	json_t *row = json_object();
	char hex[DIGEST_TEXT];
	struct stat st;
	int r = fd < 0 ? fd : sys_fstat(fd, &st);

	json_array_append_new(disks, row);
	if (r < 0)
		return err_sys(e, r, "%s", m->staged[i]);
	r = base_digest_file(fd, &m->s->t.package.stop, hex, e);
	if (r < 0)
		return r;
	json_set_text(row, "file", path);
	json_object_set_new(row, "size", json_integer(st.st_size));
	json_set_text(row, "mtime", mtime_text(m->a, &st));
	json_set_text(row, "sha256", hex);
	r = sys_renameat(m->out, m->staged[i], m->out, path);
	return r < 0 ? err_sys(e, r, "%s", path) : 0;
}

static int write_record(struct making *m, const char *digest, json_t *disks, struct err *e)
{
	json_t *record = json_object();
	struct strbuf text = {0};
	int r;

	json_set_text(record, "schema", "vmint.base/1");
	json_set_text(record, "digest", digest);
	json_set_text(record, "template", m->s->title);
	json_set_text(record, "stamp", m->spread ? "" : stamp_of(m->a, m->s));
	json_object_set(record, "disks", disks);
	json_add(&text, record);
	r = stage_write(m->out, arena_printf(m->a, "base/%s.json", digest), strbuf_str(&text),
			text.len, 0644, true, e);
	strbuf_fini(&text);
	json_decref(record);
	return r;
}

static int publish(struct making *m, const char *digest, struct err *e)
{
	json_t *record = read_record(m->out, arena_printf(m->a, "base/%s.json", digest));
	json_t *disks = record ? json_incref(json_object_get(record, "disks")) : NULL;
	int r = 0;

	/* The same template as another file: what is there stays, the record learns the new stamp. */
	if (!disks) {
		disks = json_array();
		for (size_t i = 0; r == 0 && i < m->nstaged; i++)
			r = describe_disk(m, digest, i, disks, e);
		if (r == 0)
			m->nstaged = 0;
	}
	if (r == 0)
		r = write_record(m, digest, disks, e);
	json_decref(disks);
	json_decref(record);
	return r;
}

static int make(struct making *m, char digest[DIGEST_TEXT], struct err *e)
{
	int r = base_summary_begin(&m->summary, m->s, e);

	m->staged = arena_alloc(m->a, (m->s->ndisks + 1) * sizeof *m->staged);
	for (size_t i = 0; r == 0 && i < m->s->ndisks; i++)
		r = make_disk(m, i, e);
	if (r == 0)
		r = base_summary_end(&m->summary, digest, e);
	if (r == 0)
		r = publish(m, digest, e);
	for (size_t i = 0; i < m->nstaged; i++)
		sys_unlinkat(m->out, m->staged[i], 0);
	strbuf_fini(&m->summary);
	return r;
}

/* ---- opening ---- */

static int check_unaltered(struct arena *a, int fd, const struct stop *stop, const json_t *row,
			   struct err *e)
{
	const char *mtime = json_get_text(row, "mtime"), *sha256 = json_get_text(row, "sha256");
	const char *path = json_get_text(row, "file");
	char hex[DIGEST_TEXT];
	struct stat st;
	int r = sys_fstat(fd, &st);

	if (r < 0)
		return err_sys(e, r, "%s", path);
	if (st.st_size == json_integer_value(json_object_get(row, "size")) &&
	    str_eq(mtime, mtime_text(a, &st)))
		return 0;
	/* A copied folder has other times; its contents decide. */
	r = base_digest_file(fd, stop, hex, e);
	if (r < 0)
		return r;
	if (str_eq(sha256, hex))
		return 0;
	return err_set(
		e, EBADMSG,
		"%s was altered since it was made: its clones cannot be trusted, and no more "
		"are made of it",
		path);
}

static int open_disk(struct base_disk *d, struct arena *a, int out, const struct stop *stop,
		     const json_t *row, struct err *e)
{
	const char *path = json_get_text(row, "file");
	SCOPED(close_at) int fd = -1;
	int r;

	if (!path)
		return err_set(e, EINVAL, "a disk without a file");
	d->file = arena_dup(a, path);
	fd = sys_open_beneath(out, path, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, fd, "%s", path);
	r = check_unaltered(a, fd, stop, row, e);
	if (r == 0)
		r = disk_raw_fd(TAKE_FD(fd), true, &d->raw, e);
	if (r == 0)
		r = qcow2_open(d->raw, NULL, &d->image, e);
	if (r == 0)
		d->size = d->image->size;
	return r;
}

static int open_known(struct base *b, struct arena *a, int out, const struct stop *stop,
		      struct err *e)
{
	const char *path = arena_printf(a, "base/%s.json", b->digest);
	json_t *record = read_record(out, path), *disks = json_object_get(record, "disks");
	int r = 0;

	if (!disks)
		r = err_set(e, EINVAL, "%s: not a base's record", path);
	b->disks = arena_alloc(a, (json_array_size(disks) + 1) * sizeof *b->disks);
	for (size_t i = 0; r == 0 && i < json_array_size(disks); i++)
		r = open_disk(&b->disks[b->ndisks++], a, out, stop, json_array_get(disks, i), e);
	json_decref(record);
	return r;
}

int base_open(struct base *b, struct arena *a, int out, struct source *s,
	      const struct base_options *o, struct err *e)
{
	struct making m = {.s = s, .a = a, .out = out, .o = o};
	int r = sys_mkdirat(out, "base", 0755);

	*b = (struct base){.made = false};
	if (r < 0 && r != -EEXIST)
		return err_sys(e, r, "base");
	if (!base_known(a, out, s, b->digest)) {
		r = make(&m, b->digest, e);
		if (r < 0)
			return r;
		b->made = true;
	}
	r = open_known(b, a, out, &s->t.package.stop, e);
	if (r == 0 && b->ndisks != s->ndisks)
		r = err_set(e, EINVAL, "base/%s.json: %zu disks where the template has %zu",
			    b->digest, b->ndisks, s->ndisks);
	if (r < 0)
		base_close(b);
	return r;
}

void base_close(struct base *b)
{
	for (size_t i = 0; i < b->ndisks; i++) {
		if (b->disks[i].expanded)
			close_at(&b->disks[i].expansion);
		disk_close(b->disks[i].image);
		disk_close(b->disks[i].raw);
	}
	b->ndisks = 0;
}
