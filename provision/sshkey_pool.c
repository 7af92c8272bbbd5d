/* Taking RSA keys from a folder of them. */
#include "provision/sshkey_pool.h"

#include "base/digest.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "provision/sshkey.h"
#include "provision/sshkey_text.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 16384 };

struct ssh_key_pool {
	const char *folder;
	int dir; /* -1: nothing is in it */
	pthread_mutex_t lock;
	struct strbuf names; /* each with its NUL */
	size_t next;         /* offset in names */
	atomic_size_t made;
	atomic_bool dirty;
};

/* ---- what is in a pool ---- */

bool pool_file_name(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot && dot - name == 32 && str_eq(dot, POOL_SUFFIX);
}

static int private_to_us(const char *what, const struct stat *st, struct err *e)
{
	if (st->st_uid != geteuid())
		return err_set(e, EPERM, "%s: it belongs to another user", what);
	if (st->st_mode & 077)
		return err_set(e, EPERM,
			       "%s: others can read or change it; chmod go= keeps it secret", what);
	return 0;
}

int pool_folder_open(const char *folder, struct err *e)
{
	SCOPED(close_at) int fd = sys_open(folder, O_RDONLY | O_DIRECTORY, 0);
	struct stat st;
	int r;

	if (fd < 0)
		return err_sys(e, fd, "%s", folder);
	r = sys_fstat(fd, &st);
	r = r < 0 ? err_sys(e, r, "%s", folder) : private_to_us(folder, &st, e);
	return r < 0 ? r : TAKE_FD(fd);
}

int pool_list(int dir, const char *folder, struct strbuf *names, size_t *count, struct err *e)
{
	SCOPED(strbuf_fini) struct strbuf all = {0};
	int r = sys_list(dir, &all, POOL_KEYS_MAX);

	*count = 0;
	if (r < 0)
		return err_sys(e, r, "%s", folder);
	for (size_t at = 0; at < all.len; at += strlen(all.text + at) + 1)
		if (pool_file_name(all.text + at)) {
			strbuf_addn(names, all.text + at, strlen(all.text + at) + 1);
			(*count)++;
		}
	return 0;
}

int ssh_key_pool_open(struct ssh_key_pool **out, const char *folder, struct err *e)
{
	struct ssh_key_pool *p = xcalloc(1, sizeof *p);
	size_t count;
	int r = folder ? pool_folder_open(folder, e) : -ENOENT;

	p->dir = r;
	p->folder = folder;
	pthread_mutex_init(&p->lock, NULL);
	if (r >= 0)
		r = pool_list(p->dir, folder, &p->names, &count, e);
	if (r < 0 && r != -ENOENT) {
		ssh_key_pool_close(p);
		return r;
	}
	if (r < 0 && e)
		*e = (struct err){0};
	*out = p;
	return 0;
}

void ssh_key_pool_close(struct ssh_key_pool *p)
{
	if (!p)
		return;
	close_at(&p->dir);
	pthread_mutex_destroy(&p->lock);
	strbuf_fini(&p->names);
	free(p);
}

/* ---- one key ---- */

/* "openssh-key-v1", cipher, kdf and options, one key, then its public part. */
static bool same_public(const char *pem, const struct strbuf *blob)
{
	static const char front[] = "openssh-key-v1\0\0\0\0\4none\0\0\0\4none\0\0\0\0\0\0\0\1";
	struct strbuf all = {0}, joined = {0};
	size_t at = sizeof front - 1;
	bool same;

	for (; *pem && *pem != '-'; pem++)
		if (*pem != '\n')
			strbuf_addc(&joined, *pem);
	same = base64_read(strbuf_str(&joined), joined.len, &all) && all.len > at + 4 + blob->len &&
	       memcmp(all.text, front, at) == 0 &&
	       memcmp(all.text + at + 4, blob->text, blob->len) == 0;
	if (all.text)
		explicit_bzero(all.text, all.len);
	if (joined.text)
		explicit_bzero(joined.text, joined.len);
	strbuf_fini(&all);
	strbuf_fini(&joined);
	return same;
}

static int parse(struct arena *a, const char *text, const char *comment, struct ssh_key *out)
{
	static const char begin[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n",
			  end[] = "-----END OPENSSH PRIVATE KEY-----\n";
	const char *behind = str_starts(text, begin) ? strstr(text, end) : NULL;
	struct ssh_public line;
	struct strbuf blob = {0};
	bool whole;

	if (!behind || !str_starts(behind + sizeof end - 1, "ssh-rsa "))
		return -EINVAL;
	behind += sizeof end - 1;
	whole = ssh_public_parse(a, behind, &line) == 0 &&
		base64_read(line.line + 8, strlen(line.line + 8), &blob) &&
		same_public(text + sizeof begin - 1, &blob);
	strbuf_fini(&blob);
	if (!whole)
		return -EINVAL;
	out->private_text = arena_dupn(a, text, (size_t)(behind - text));
	out->line = line.line;
	out->fingerprint = line.fingerprint;
	out->public_text = arena_printf(a, "%s %s\n", line.line, comment);
	return 0;
}

/* 1: read into text, and nobody else will; 0: another run had it first. */
static int claim(struct ssh_key_pool *p, const char *name, struct strbuf *text, struct err *e)
{
	SCOPED(close_at) int fd = sys_openat(p->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	struct stat st = {0};
	int r = fd < 0 ? fd : sys_fstat(fd, &st);

	if (r == 0 && !S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s/%s: not a regular file", p->folder, name);
	if (r == 0 && st.st_nlink != 1)
		return st.st_nlink ? err_set(e, EPERM, "%s/%s: it has another name, too", p->folder,
					     name)
				   : 0;
	if (r == 0) {
		r = private_to_us(name, &st, e);
		if (r < 0)
			return err_in(e, r, "%s", p->folder);
		r = sys_read_all(fd, text, FILE_MAX);
	}
	if (r == 0)
		r = sys_unlinkat(p->dir, name, 0);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? err_sys(e, r, "%s/%s", p->folder, name) : 1;
}

static const char *next_name(struct ssh_key_pool *p)
{
	const char *name = NULL;

	pthread_mutex_lock(&p->lock);
	if (p->next < p->names.len) {
		name = p->names.text + p->next;
		p->next += strlen(name) + 1;
	}
	pthread_mutex_unlock(&p->lock);
	return name;
}

int ssh_key_pool_take(struct ssh_key_pool *p, struct arena *a, const char *comment,
		      struct ssh_key *out, struct err *e)
{
	const char *name;

	while (p && (name = next_name(p))) {
		struct strbuf text = {0};
		int r = claim(p, name, &text, e);

		if (r > 0) {
			atomic_store(&p->dirty, true);
			r = parse(a, strbuf_str(&text), comment, out);
			r = r < 0 ? err_set(e, EINVAL, "%s/%s: not an RSA key of this pool",
					    p->folder, name)
				  : 1;
		}
		if (text.text)
			explicit_bzero(text.text, text.len);
		strbuf_fini(&text);
		if (r)
			return r < 0 ? r : 0;
	}
	if (p)
		atomic_fetch_add(&p->made, 1);
	return ssh_key_make(a, SSH_RSA, comment, out, e);
}

size_t ssh_key_pool_made(struct ssh_key_pool *p)
{
	return p ? atomic_load(&p->made) : 0;
}

int ssh_key_pool_settle(struct ssh_key_pool *p, struct err *e)
{
	int r = p && atomic_exchange(&p->dirty, false) ? sys_sync(p->dir) : 0;

	return r < 0 ? err_sys(e, r, "%s", p->folder) : 0;
}
