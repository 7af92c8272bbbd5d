/* Opening whatever machines are given. */
#include "provision/guest_audit.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "templates/disk_format.h"
#include "templates/disk_qcow2.h"
#include "templates/template.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { AUDIT_DISKS = 32, AUDIT_CHAIN = 8, AUDIT_NAMES = 100000, AUDIT_DEPTH = 3 };

static const char *const image_ends[] = {".qcow2", ".raw", ".img", ".vmdk",
					 ".vdi",   ".vhd", ".vhdx"};

static bool has_end(const char *name, const char *const *ends, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_ends(name, ends[i]))
			return true;
	return false;
}

static bool is_image(const char *name)
{
	return has_end(name, image_ends, ARRAY_SIZE(image_ends));
}

static bool is_package(const char *name)
{
	static const char *const ends[] = {".ova", ".ovf", ".zip", ".tar.gz", ".tgz"};

	return has_end(name, ends, ARRAY_SIZE(ends));
}

/* ---- images, with the qcow2 images they stand on ---- */

static const char *beside(struct arena *a, const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	if (*name == '/' || !slash)
		return name;
	return arena_printf(a, "%.*s/%s", (int)(slash - path), path, name);
}

/* path's chain from the top: each image's file, then opened from the bottom. */
struct chain {
	struct disk *files[AUDIT_CHAIN];
	const char *paths[AUDIT_CHAIN];
	size_t n;
};

static int chain_find(struct arena *a, const char *path, struct chain *c, struct err *e)
{
	while (path) {
		struct qcow2_backing b = {0};
		enum disk_format f;
		int r;

		if (c->n == AUDIT_CHAIN)
			return err_set(e, ELOOP, "%s: more than %d images on each other", path,
				       AUDIT_CHAIN);
		r = disk_raw_open(path, true, &c->files[c->n], e);
		if (r < 0)
			return r;
		c->paths[c->n++] = path;
		r = disk_format_sniff(c->files[c->n - 1], &f, e);
		if (r == 0 && f == DISK_QCOW2)
			r = qcow2_backing(c->files[c->n - 1], &b, e);
		if (r < 0)
			return err_in(e, r, "%s", path);
		path = b.name[0] ? beside(a, path, arena_dup(a, b.name)) : NULL;
	}
	return 0;
}

static int open_one(struct disk *file, struct disk *below, struct disk **out, struct err *e)
{
	enum disk_format f;
	int r = disk_format_sniff(file, &f, e);

	if (r < 0)
		return r;
	return below ? qcow2_open(file, below, out, e) : disk_image_open(file, f, NULL, out, e);
}

static int image_open(struct arena *a, const char *path, struct disk **out, struct err *e)
{
	struct chain c = {.n = 0};
	struct disk *top = NULL;
	int r = chain_find(a, path, &c, e);

	for (size_t i = c.n; i > 0 && r == 0; i--) {
		struct disk *next = NULL;

		r = open_one(c.files[i - 1], top, &next, e);
		if (r < 0) {
			err_in(e, r, "%s", c.paths[i - 1]);
			break;
		}
		/* one disk keeps one other: the image its file, the file the image below */
		if (top)
			disk_keep(c.files[i - 1], top);
		top = disk_keep(next, c.files[i - 1]);
		c.files[i - 1] = NULL;
	}
	for (size_t i = 0; i < c.n; i++)
		disk_close(c.files[i]);
	if (r < 0)
		disk_close(top);
	else
		*out = top;
	return r;
}

/* ---- machines ---- */

struct machines {
	struct arena *a;
	int (*fn)(void *ctx, const char *name, struct disk **disks, size_t n, struct err *e);
	/* what is told of the machine given last: its descriptor, or a file's path; NULL: nobody asks */
	void (*outside)(void *ctx, const struct ovf *ovf, const char *record);
	void *ctx;
	size_t count;
};

static int add_machine(struct machines *x, const char *name, struct disk **disks, size_t n,
		       struct err *e)
{
	x->count++;
	return n ? x->fn(x->ctx, name, disks, n, e) : 0;
}

static int add_images(struct machines *x, const char *name, const char **paths, size_t n,
		      struct err *e)
{
	struct disk *disks[AUDIT_DISKS] = {0};
	int r = 0;

	n = n < AUDIT_DISKS ? n : AUDIT_DISKS;
	for (size_t i = 0; i < n && r == 0; i++)
		r = image_open(x->a, paths[i], &disks[i], e);
	if (r == 0)
		r = add_machine(x, name, disks, n, e);
	for (size_t i = 0; i < n; i++)
		disk_close(disks[i]);
	return r;
}

static int add_package(struct machines *x, const char *path, struct err *e)
{
	const struct template_choices choices = {0};
	struct template_image images[AUDIT_DISKS] = {{0}};
	struct disk *disks[AUDIT_DISKS];
	struct template t = {0};
	size_t n = 0, opened = 0;
	int r = template_open(&t, path, &choices, e);

	for (size_t i = 0; r == 0 && i < t.ndisks && opened < AUDIT_DISKS; i++) {
		r = template_disk_open(&t, &t.disks[i], &images[opened], e);
		if (r == 0 && images[opened].image)
			disks[n++] = images[opened].image;
		opened++;
	}
	if (r == 0)
		r = add_machine(x, path, disks, n, e);
	if (r == 0 && n && x->outside)
		x->outside(x->ctx, &t.package.ovf, NULL);
	for (size_t i = 0; i < opened; i++)
		template_image_close(&images[i]);
	template_close(&t);
	return r;
}

/* ---- folders ---- */

struct folder {
	const char **images, **packages, **folders;
	size_t nimages, npackages, nfolders, r1, r2, r3;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort(const char **list, size_t n)
{
	if (n)
		qsort(list, n, sizeof *list, by_name);
}

static int folder_read(struct arena *a, const char *path, struct folder *f, struct err *e)
{
	SCOPED(close_at) int fd = sys_open(path, O_RDONLY | O_DIRECTORY, 0);
	struct strbuf names = {0};
	int r = fd < 0 ? fd : sys_list(fd, &names, AUDIT_NAMES);

	for (size_t at = 0; r == 0 && at < names.len; at += strlen(names.text + at) + 1) {
		const char *name = names.text + at, *full = arena_printf(a, "%s/%s", path, name);
		SCOPED(close_at) int one = sys_openat(fd, name, O_PATH | O_NOFOLLOW, 0);
		struct stat st;

		if (one < 0 || sys_fstat(one, &st) < 0 || *name == '.')
			continue;
		if (S_ISDIR(st.st_mode)) {
			ARENA_GROW(a, f->folders, f->nfolders, f->r3);
			f->folders[f->nfolders++] = full;
		} else if (S_ISREG(st.st_mode) && is_package(name)) {
			ARENA_GROW(a, f->packages, f->npackages, f->r2);
			f->packages[f->npackages++] = full;
		} else if (S_ISREG(st.st_mode) && is_image(name)) {
			ARENA_GROW(a, f->images, f->nimages, f->r1);
			f->images[f->nimages++] = full;
		}
	}
	strbuf_fini(&names);
	sort(f->images, f->nimages);
	sort(f->packages, f->npackages);
	sort(f->folders, f->nfolders);
	return r < 0 ? err_sys(e, r, "%s", path) : 0;
}

/* A folder's packages are a machine each; without any, its images are one machine; without those, its folders are
 * looked into. "base" beside clones holds what they stand on and is no machine. */
static int add_folder(struct machines *x, const char *path, unsigned depth, struct err *e)
{
	struct folder f = {0};
	size_t before = x->count;
	int r = folder_read(x->a, path, &f, e);

	for (size_t i = 0; i < f.npackages && r == 0; i++)
		r = add_package(x, f.packages[i], e);
	if (r == 0 && f.nimages && !f.npackages)
		r = add_images(x, path, f.images, f.nimages, e);
	/* what vmint clone wrote of the machine's outside */
	if (r == 0 && x->outside && x->count == before + 1)
		x->outside(x->ctx, NULL, arena_printf(x->a, "%s/identity.json", path));
	if (f.npackages || f.nimages || depth == AUDIT_DEPTH)
		return r;
	for (size_t i = 0; i < f.nfolders && r == 0; i++)
		if (!str_ends(f.folders[i], "/base"))
			r = add_folder(x, f.folders[i], depth + 1, e);
	return r;
}

static int each(struct machines *x, const char *path, struct err *e)
{
	SCOPED(close_at) int fd = sys_open(path, O_PATH, 0);
	struct stat st;
	int r = fd < 0 ? fd : sys_fstat(fd, &st);

	if (r < 0)
		return err_sys(e, r, "%s", path);
	if (S_ISDIR(st.st_mode))
		r = add_folder(x, path, 0, e);
	else if (is_package(path))
		r = add_package(x, path, e);
	else
		r = add_images(x, path, &path, 1, e);
	if (r == 0 && !x->count)
		return err_set(e, ENOENT, "%s: no disk image and no package in it", path);
	return r;
}

int machines_each(struct arena *a, const char *path,
		  int (*fn)(void *ctx, const char *name, struct disk **disks, size_t n,
			    struct err *e),
		  void *ctx, struct err *e)
{
	struct machines x = {.a = a, .fn = fn, .ctx = ctx};

	return each(&x, path, e);
}

static int audit_machine(void *ctx, const char *name, struct disk **disks, size_t n, struct err *e)
{
	struct audit *x = ctx;
	struct guest *g = NULL;
	int r = guest_open(&g, x->a, disks, n, e);

	if (r == 0)
		audit_add(x, name, guest_facts(g));
	guest_close(g);
	return r < 0 ? err_in(e, r, "%s", name) : 0;
}

static void audit_outside(void *ctx, const struct ovf *ovf, const char *record)
{
	if (ovf)
		audit_add_ovf(ctx, ovf);
	if (record)
		audit_add_record(ctx, record);
}

int audit_path(struct audit *x, const char *path, struct err *e)
{
	struct machines all = {.a = x->a, .fn = audit_machine, .outside = audit_outside, .ctx = x};

	return str_ends(path, ".json") ? audit_ledger(x, path, e) : each(&all, path, e);
}
