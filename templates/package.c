/* Opening a template, whatever people ship it as. */
#include "templates/package.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "templates/package_archive.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DESCRIPTOR_MAX = 16 << 20, MANIFEST_MAX = 4 << 20, LIST_MAX = 20000 };

const char *package_kind_name(enum package_kind k)
{
	static const char *const names[] = {
		[PACKAGE_OVA] = "OVA",
		[PACKAGE_ARCHIVE] = "archive",
		[PACKAGE_FOLDER] = "OVF folder",
		[PACKAGE_DISK] = "disk image",
	};

	return names[k];
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n > m && !strcasecmp(name + n - m, suffix);
}

int package_read(struct package *p, const struct member *m, size_t limit, const char **text,
		 struct err *e)
{
	char *buf;
	ssize_t got;

	if (m->size > limit)
		return err_set(e, EFBIG, "%s: %s is larger than %zu KiB", p->path, m->name,
			       limit >> 10);
	buf = arena_alloc(p->a, m->size + 1);
	got = sys_pread(m->fd, buf, m->size, m->offset);
	if (got < 0)
		return err_sys(e, (int)got, "%s: %s", p->path, m->name);
	if ((uint64_t)got != m->size)
		return err_set(e, EINVAL, "%s: %s is cut short", p->path, m->name);
	*text = buf;
	return 0;
}

/* ---- members ---- */

struct member *package_add(struct package *p, const char *name, int fd, uint64_t offset,
			   uint64_t size)
{
	struct member *m;

	ARENA_GROW(p->a, p->members, p->nmembers, p->room);
	m = &p->members[p->nmembers++];
	*m = (struct member){
		.name = arena_dup(p->a, name), .fd = fd, .offset = offset, .size = size};
	return m;
}

static const struct member *find(const struct package *p, const char *name)
{
	for (size_t i = 0; i < p->nmembers; i++)
		if (str_eq(p->members[i].name, name))
			return &p->members[i];
	return NULL;
}

/* Opens a file of a folder package beneath it; the descriptor stays open until package_close. */
static int open_beside(struct package *p, const char *name, const struct member **out,
		       struct err *e)
{
	SCOPED(close_at)
	int fd = sys_open_beneath(p->fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct stat st;
	int r;

	*out = NULL;
	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd == -ELOOP || fd == -EXDEV)
		return err_set(e, EINVAL,
			       "%s: %s is or passes a symbolic link; links are not followed",
			       p->path, name);
	if (fd < 0)
		return err_sys(e, fd, "%s: %s", p->path, name);
	r = sys_fstat(fd, &st);
	if (r < 0)
		return err_sys(e, r, "%s: %s", p->path, name);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s: %s is not a regular file", p->path, name);
	*out = package_add(p, name, TAKE_FD(fd), 0, (uint64_t)st.st_size);
	return 0;
}

int package_member(struct package *p, const char *name, const struct member **out, struct err *e)
{
	*out = find(p, name);
	if (*out || p->kind != PACKAGE_FOLDER)
		return 0;
	return open_beside(p, name, out, e);
}

/* "%41" in an href is "A": the name as written is tried first, then decoded. */
static const char *decoded(struct arena *a, const char *href)
{
	char *out = arena_dup(a, href), *to = out;
	unsigned c;

	for (const char *p = href; *p; p++) {
		if (*p == '%' && sscanf(p + 1, "%2x", &c) == 1 && p[1] && p[2] && c >= ' ' &&
		    c != '/' && c != '\\') {
			*to++ = (char)c;
			p += 2;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
	return out;
}

static int find_href(struct package *p, const char *href, const struct member **out, struct err *e)
{
	const char *plain = str_starts(href, "./") ? href + 2 : href;
	int r = package_member(p, plain, out, e);

	if (r < 0 || *out || !strchr(plain, '%'))
		return r;
	plain = decoded(p->a, plain);
	if (strstr(plain, "..") || *plain == '/')
		return err_set(e, EINVAL, "%s: the href \"%.80s\" leaves the package", p->path,
			       href);
	return package_member(p, plain, out, e);
}

static int chunks(struct package *p, const struct ovf_file *f, const struct member **pieces,
		  size_t *npieces, struct err *e)
{
	size_t count = 0, room = 0;
	struct member *list = NULL;
	uint64_t total = 0;

	for (;;) {
		const struct member *m;
		int r = find_href(p, arena_printf(p->a, "%s.%09zu", f->href, count), &m, e);

		if (r < 0)
			return r;
		if (!m)
			break;
		ARENA_GROW(p->a, list, count, room);
		list[count++] = *m;
		if (m->size > f->chunk || !add_fits(total, m->size, &total))
			return err_set(e, EINVAL, "%s: %s is larger than the chunk size", p->path,
				       m->name);
	}
	if (!count)
		return err_set(e, ENOENT, "%s: the file '%s' is not in the package", p->path,
			       f->href);
	for (size_t i = 0; i + 1 < count; i++)
		if (list[i].size != f->chunk)
			return err_set(e, EINVAL,
				       "%s: %s is smaller than the chunk size: a piece is missing",
				       p->path, list[i].name);
	if (f->has_size && total != f->size)
		return err_set(
			e, EINVAL, "%s: the chunks of %s hold %llu bytes, the descriptor says %llu",
			p->path, f->href, (unsigned long long)total, (unsigned long long)f->size);
	*pieces = list;
	*npieces = count;
	return 0;
}

int package_file(struct package *p, const struct ovf_file *f, const struct member **pieces,
		 size_t *npieces, struct err *e)
{
	const struct member *m;
	int r = find_href(p, f->href, &m, e);

	if (r < 0)
		return r;
	if (!m && f->has_chunk && f->chunk)
		return chunks(p, f, pieces, npieces, e);
	if (!m)
		return err_set(e, ENOENT, "%s: the file '%s' is not in the package", p->path,
			       f->href);
	if (f->has_size && m->size != f->size)
		return err_set(e, EINVAL, "%s: %s holds %llu bytes, the descriptor says %llu",
			       p->path, m->name, (unsigned long long)m->size,
			       (unsigned long long)f->size);
	*pieces = m;
	*npieces = 1;
	return 0;
}

/* ---- descriptor, manifest, certificate ---- */

/* macOS lays "._NAME" beside NAME for what its own file system knows of it: that is no descriptor, whatever its end. */
static bool is_apples(const char *name)
{
	const char *slash = strrchr(name, '/');

	return str_starts(slash ? slash + 1 : name, "._");
}

static int only_one(struct package *p, const char *suffix, const struct member **out, struct err *e)
{
	*out = NULL;
	for (size_t i = 0; i < p->nmembers; i++) {
		if (!has_suffix(p->members[i].name, suffix) || is_apples(p->members[i].name))
			continue;
		if (*out)
			return err_set(e, EINVAL, "%s: two %s files, %s and %s", p->path, suffix,
				       (*out)->name, p->members[i].name);
		*out = &p->members[i];
	}
	return 0;
}

static int read_descriptor(struct package *p, const struct member *m, struct err *e)
{
	const char *name = m->name, *shown;
	int r;

	p->descriptor_name = m->name;
	p->descriptor_len = m->size;
	r = package_read(p, m, DESCRIPTOR_MAX, &p->descriptor, e);
	if (r < 0)
		return r;
	shown = arena_printf(p->a, "%s: %s", p->path, name);
	return ovf_read(p->a, p->descriptor, p->descriptor_len,
			p->kind == PACKAGE_FOLDER ? name : shown, &p->ovf, e);
}

static int read_manifest(struct package *p, const struct member *m, struct err *e)
{
	const char *text;
	int r;

	if (!m)
		return 0;
	p->manifest_name = m->name;
	r = package_read(p, m, MANIFEST_MAX, &text, e);
	if (r < 0)
		return r;
	return manifest_parse(p->a, text, m->size, arena_printf(p->a, "%s: %s", p->path, m->name),
			      &p->manifest, e);
}

/* A folder that was packed as a whole: what its descriptor and manifest name lies beneath it, too. */
static int leave_folder(struct package *p, const struct member *ovf, struct err *e)
{
	const char *slash = strrchr(ovf->name, '/');
	size_t n = slash ? (size_t)(slash + 1 - ovf->name) : 0;
	const char *folder = arena_dupn(p->a, ovf->name, n);

	for (size_t i = 0; n && i < p->nmembers; i++) {
		struct member *m = &p->members[i];

		if (!str_starts(m->name, folder))
			continue;
		if (find(p, m->name + n))
			return err_set(e, EINVAL, "%s: both %s and %s are in it", p->path,
				       m->name + n, m->name);
		m->name += n;
	}
	return 0;
}

static int read_archive_parts(struct package *p, struct err *e)
{
	const struct member *ovf, *mf, *cert;
	int r = only_one(p, ".ovf", &ovf, e);

	if (r == 0 && ovf)
		r = leave_folder(p, ovf, e);
	if (r == 0)
		r = only_one(p, ".mf", &mf, e);
	if (r == 0)
		r = only_one(p, ".cert", &cert, e);
	if (r < 0)
		return r;
	if (!ovf)
		return err_set(e, EINVAL, "%s: there is no .ovf descriptor in it", p->path);
	if (cert)
		p->certificate_name = cert->name;
	r = read_manifest(p, mf, e);
	return r < 0 ? r : read_descriptor(p, ovf, e);
}

/* NAME.ovf goes with NAME.mf and NAME.cert. */
static int companion(struct package *p, const char *descriptor, const char *suffix,
		     const struct member **out, struct err *e)
{
	size_t n = strlen(descriptor) - strlen(".ovf");

	return package_member(p, arena_printf(p->a, "%.*s%s", (int)n, descriptor, suffix), out, e);
}

static int read_folder_parts(struct package *p, const char *descriptor, struct err *e)
{
	const struct member *ovf, *mf = NULL, *cert = NULL;
	struct member keep;
	int r = package_member(p, descriptor, &ovf, e);

	if (r == 0 && !ovf)
		return err_set(e, ENOENT, "%s: %s is not there", p->path, descriptor);
	if (r < 0)
		return r;
	keep = *ovf;
	if (has_suffix(descriptor, ".ovf")) {
		r = companion(p, descriptor, ".mf", &mf, e);
		if (r == 0)
			r = read_manifest(p, mf, e);
		if (r == 0)
			r = companion(p, descriptor, ".cert", &cert, e);
	}
	if (r < 0)
		return r;
	if (cert)
		p->certificate_name = cert->name;
	return read_descriptor(p, &keep, e);
}

/* ---- what is it? ---- */

static int find_descriptor(struct package *p, const char **name, struct err *e)
{
	struct strbuf names = {0};
	const char *found = NULL;
	int r = sys_list(p->fd, &names, LIST_MAX);

	if (r < 0) {
		strbuf_fini(&names);
		return err_sys(e, r, "%s", p->path);
	}
	for (const char *n = strbuf_str(&names); n < strbuf_str(&names) + names.len;
	     n += strlen(n) + 1) {
		if (!has_suffix(n, ".ovf") || is_apples(n))
			continue;
		if (found) {
			r = err_set(e, EINVAL,
				    "%s: two descriptors, %s and %s: name the one that is meant",
				    p->path, found, n);
			break;
		}
		found = arena_dup(p->a, n);
	}
	strbuf_fini(&names);
	if (r == 0 && !found)
		r = err_set(e, ENOENT, "%s: there is no .ovf descriptor in this folder", p->path);
	*name = found;
	return r;
}

static int open_folder(struct package *p, int fd, struct err *e)
{
	const char *name = NULL;
	int r;

	p->kind = PACKAGE_FOLDER;
	p->fd = fd;
	r = find_descriptor(p, &name, e);
	return r < 0 ? r : read_folder_parts(p, name, e);
}

/* A lone descriptor: the folder is the one it lies in. */
static int open_descriptor(struct package *p, const char *path, struct err *e)
{
	char *folder = arena_dup(p->a, path), *name = arena_dup(p->a, path);

	p->kind = PACKAGE_FOLDER;
	p->fd = sys_open(dirname(folder), O_PATH | O_DIRECTORY, 0);
	if (p->fd < 0)
		return err_sys(e, p->fd, "%s", path);
	return read_folder_parts(p, basename(name), e);
}

static bool looks_like_xml(const uint8_t *head, size_t n)
{
	size_t i = 0;

	if (n >= 2 &&
	    ((head[0] == 0xff && head[1] == 0xfe) || (head[0] == 0xfe && head[1] == 0xff)))
		return true;
	if (n >= 3 && !memcmp(head, "\xef\xbb\xbf", 3))
		i = 3;
	while (i < n && strchr(" \t\r\n", head[i]) && head[i])
		i++;
	/* VirtualBox's disk images begin with "<<<". */
	return i + 1 < n && head[i] == '<' && head[i + 1] != '<';
}

static int open_file(struct package *p, const char *path, uint64_t size, struct err *e)
{
	uint8_t head[1024];
	ssize_t n = sys_pread(p->fd, head, sizeof head, 0);
	int r;

	if (n < 0)
		return err_sys(e, (int)n, "%s", path);
	if (looks_like_xml(head, (size_t)n)) {
		close(p->fd);
		return open_descriptor(p, path, e);
	}
	r = package_open_archive(p, head, (size_t)n, size, e);
	if (r < 0)
		return r;
	if (p->kind != PACKAGE_DISK)
		return read_archive_parts(p, e);
	if (has_suffix(path, ".ova"))
		return err_set(e, EINVAL, "%s: not an OVA: it is neither a tar nor a zip archive",
			       path);
	package_add(p, basename(arena_dup(p->a, path)), p->fd, 0, size);
	return 0;
}

int package_open(struct package *p, struct arena *a, const char *path, struct err *e)
{
	SCOPED(close_at) int look = sys_open(path, O_PATH, 0);
	struct stat st;
	int r = look < 0 ? look : sys_fstat(look, &st);

	*p = (struct package){.a = a,
			      .path = arena_dup(a, path),
			      .fd = -1,
			      .descriptor_name = "",
			      .compression = "",
			      .suffix = ""};
	if (r < 0)
		return err_sys(e, r, "%s", path);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return err_set(e, EINVAL, "%s: neither a file nor a folder", path);
	p->fd = sys_open(path, O_RDONLY | O_NONBLOCK | (S_ISDIR(st.st_mode) ? O_DIRECTORY : 0), 0);
	if (p->fd < 0)
		return err_sys(e, p->fd, "%s", path);
	r = S_ISDIR(st.st_mode) ? open_folder(p, p->fd, e)
				: open_file(p, path, (uint64_t)st.st_size, e);
	if (r < 0)
		package_close(p);
	return r;
}

void package_close(struct package *p)
{
	for (size_t i = 0; i < p->nmembers; i++)
		if (p->members[i].fd >= 0 && p->members[i].fd != p->fd)
			close(p->members[i].fd);
	p->nmembers = 0;
	close_at(&p->fd);
	p->fd = -1;
}
