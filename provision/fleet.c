/* Opening a fleet's folder: lock, leftovers, key, ledger. */
#include "provision/fleet.h"
#include "provision/plan.h"
#include "provision/stage.h"

#include "base/digest.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

enum { KEY_FILE_MAX = 4096, ENTRIES_MAX = 2000000 };

/* ---- the key ---- */

static int parse_key(const char *text, struct identity_key *out)
{
	struct uuid halves[2];
	char half[33];

	if (strlen(text) != 64)
		return -EINVAL;
	for (size_t i = 0; i < 2; i++) {
		memcpy(half, text + 32 * i, 32);
		half[32] = 0;
		if (strchr(half, '-') || uuid_parse(half, &halves[i]) < 0)
			return -EINVAL;
		memcpy(out->bytes + 16 * i, halves[i].bytes, 16);
	}
	return 0;
}

static int read_key(int dir, const char *path, struct identity_key *out, struct err *e)
{
	SCOPED(close_at) int fd = sys_openat(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct strbuf text = {0};
	struct stat st;
	int r = fd < 0 ? fd : sys_fstat(fd, &st);

	if (r < 0)
		return err_sys(e, r, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s: not a file", path);
	if (st.st_mode & 077)
		return err_set(e, EPERM, "%s: others can read this key; chmod 600 keeps it secret",
			       path);
	r = sys_read_all(fd, &text, KEY_FILE_MAX);
	if (r < 0)
		err_sys(e, r, "%s", path);
	else if (parse_key(text.text ? str_trim(text.text) : "", out) < 0)
		r = err_set(e, EINVAL,
			    "%s: not a key: 64 hex digits (openssl rand -hex 32 makes "
			    "them)",
			    path);
	strbuf_fini(&text);
	return r;
}

int fleet_read_key(const char *path, struct identity_key *out, struct err *e)
{
	return read_key(AT_FDCWD, path, out, e);
}

static int draw_key(struct fleet *f, bool keep, struct err *e)
{
	char text[66];
	int r = sys_random(f->key.bytes, sizeof f->key.bytes);

	if (r < 0)
		return err_sys(e, r, "drawing a key");
	f->key_drawn = true;
	if (!keep)
		return 0;
	hex_format(f->key.bytes, sizeof f->key.bytes, text);
	strcpy(text + 64, "\n");
	return stage_write(f->out, FLEET_KEY_FILE, text, 65, 0600, true, e);
}

static int find_key(struct fleet *f, const struct fleet_options *o, struct err *e)
{
	struct err why = {0};
	int r;

	if (o->key_file)
		return fleet_read_key(o->key_file, &f->key, e);
	if (f->out < 0)
		return draw_key(f, false, e);
	r = read_key(f->out, FLEET_KEY_FILE, &f->key, &why);
	if (r != -ENOENT) {
		if (r < 0)
			*e = why;
		return r;
	}
	if (f->ledger.found && json_array_size(f->ledger.clones))
		return err_set(e, ENOENT,
			       "%s: its key is not in it; give the one it was made "
			       "with by --key",
			       f->folder);
	return draw_key(f, !o->look_only, e);
}

static int check_key(struct fleet *f, struct err *e)
{
	const char *was = json_get_text(f->ledger.root, "key_id");
	char id[17];
	int r = key_id(&f->key, id, e);

	if (r < 0)
		return r;
	if (was && !str_eq(was, id))
		return err_set(e, EPERM, "%s: its clones were made with another key (%s, not %s)",
			       f->folder, was, id);
	json_set_text(f->ledger.root, "key_id", id);
	return 0;
}

/* ---- the folder ---- */

static bool is_ours(const char *name)
{
	return str_eq(name, FLEET_LOCK_FILE) || str_eq(name, FLEET_KEY_FILE) ||
	       str_eq(name, "base") || str_eq(name, "lost+found") || stage_is_ours(name);
}

/* Without a ledger it must be empty, but for what a first run that died can have left. */
static int check_ours(struct fleet *f, struct err *e)
{
	SCOPED(close_at) int ledger = sys_open_beneath(f->out, LEDGER_FILE, O_PATH, 0);
	struct strbuf names = {0};
	int r;

	if (ledger >= 0)
		return 0;
	r = sys_list(f->out, &names, ENTRIES_MAX);
	if (r < 0)
		err_sys(e, r, "%s", f->folder);
	for (const char *n = strbuf_str(&names); r == 0 && n < names.text + names.len;
	     n += strlen(n) + 1)
		if (!is_ours(n))
			r = err_set(e, ENOTEMPTY,
				    "%s: not empty and no fleet of vmint's ('%.80s' is in it)",
				    f->folder, n);
	strbuf_fini(&names);
	return r;
}

static int take_lock(struct fleet *f, const struct fleet_options *o, struct err *e)
{
	int r;

	f->lock = sys_openat(f->out, FLEET_LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
	if (f->lock < 0)
		return err_sys(e, f->lock, "%s/%s", f->folder, FLEET_LOCK_FILE);
	r = sys_lock(f->lock, 0);
	if (r == -EWOULDBLOCK && o->waiting) {
		o->waiting(o->ctx);
		r = sys_lock(f->lock, 1);
	}
	if (r == -EWOULDBLOCK)
		return err_set(e, EBUSY, "%s: another run of vmint works on it", f->folder);
	return r < 0 ? err_sys(e, r, "locking %s", f->folder) : 0;
}

static const char *absolute(struct arena *a, const char *path)
{
	char cwd[PATH_MAX];

	if (*path == '/' || !getcwd(cwd, sizeof cwd))
		return arena_dup(a, path);
	return arena_printf(a, "%s/%s", cwd, path);
}

static int open_folder(struct fleet *f, const struct fleet_options *o, struct err *e)
{
	int r;

	f->folder = absolute(&f->a, o->folder);
	if (!o->look_only) {
		r = sys_mkdirat(AT_FDCWD, o->folder, 0755);
		if (r < 0 && r != -EEXIST)
			return err_sys(e, r, "%s", o->folder);
	}
	f->out = sys_open(o->folder, O_RDONLY | O_DIRECTORY, 0);
	if (f->out == -ENOENT && o->look_only)
		return 0;
	return f->out < 0 ? err_sys(e, f->out, "%s", o->folder) : 0;
}

static int clean(struct fleet *f, struct err *e)
{
	SCOPED(close_at) int base = -1;
	int r = stage_sweep(f->out, e);

	if (r == 0)
		base = sys_open_beneath(f->out, "base", O_RDONLY | O_DIRECTORY, 0);
	return base >= 0 ? stage_sweep(base, e) : r;
}

static int open_all(struct fleet *f, const struct fleet_options *o, struct err *e)
{
	int r = open_folder(f, o, e);

	if (r == 0 && f->out >= 0)
		r = check_ours(f, e);
	if (r == 0 && !o->look_only)
		r = take_lock(f, o, e);
	if (r == 0 && !o->look_only)
		r = clean(f, e);
	if (r == 0)
		r = ledger_open(&f->ledger, &f->a, f->out, e);
	if (r == 0)
		r = find_key(f, o, e);
	if (r == 0)
		r = check_key(f, e);
	/* From here on the folder is known as ours, whatever happens to this run. */
	if (r == 0 && !o->look_only && !f->ledger.found)
		r = ledger_write(&f->ledger, f->out, e);
	return r;
}

int fleet_open(struct fleet *f, const struct fleet_options *o, struct err *e)
{
	int r;

	*f = (struct fleet){.out = -1, .lock = -1};
	r = open_all(f, o, e);
	if (r < 0)
		fleet_close(f);
	return r;
}

void fleet_close(struct fleet *f)
{
	ledger_close(&f->ledger);
	close_at(&f->out);
	close_at(&f->lock);
	arena_fini(&f->a);
	f->out = f->lock = -1;
}
