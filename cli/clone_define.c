/* --define and --start: the clones into a libvirt, by virsh; all of them or none. */
#include "cli/clone_show.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

extern char **environ;

enum { SAID_MAX = 65536 };

struct defining {
	const char *uri;
	struct arena *a;
	const char **defined, **started; /* by this run: what is undone */
	size_t ndefined, nstarted;
};

/* virsh -q -c URI WORDS: its exit status or -errno; what it said on standard error in *said. */
static int virsh(const struct defining *d, const char *verb, const char *what, const char *option,
		 const char **said, struct err *e)
{
	SCOPED(close_at) int errors = memfd_create("virsh", MFD_CLOEXEC);
	const char *argv[] = {"virsh", "-q", "-c", d->uri, verb, what, option, NULL};
	posix_spawn_file_actions_t actions;
	SCOPED(strbuf_fini) struct strbuf text = {0};
	pid_t child, got;
	int r, status = 0;

	if (errors < 0)
		return err_sys(e, errno, "memfd_create");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
	/* posix_spawn promises to leave them alone. */
	r = posix_spawnp(&child, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r)
		return err_sys(e, r, "virsh, which --define runs");
	do
		got = waitpid(child, &status, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_sys(e, errno, "virsh");
	*said = "";
	if (sys_seek(errors, 0, SEEK_SET) == 0 && sys_read_all(errors, &text, SAID_MAX) == 0 &&
	    text.len) {
		for (size_t i = 0; i < text.len; i++)
			if (text.text[i] == '\n')
				text.text[i] = ' ';
		*said = arena_dupn(d->a, text.text, text.len);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int must(const struct defining *d, const char *verb, const char *what, struct err *e)
{
	const char *said;
	int r = virsh(d, verb, what, NULL, &said, e);

	return r > 0 ? err_set(e, EIO, "virsh %s %s: %s", verb, what, said) : r;
}

static int define_one(struct defining *d, const struct clone *c, const char *file, struct err *e)
{
	const char *said;
	int there = virsh(d, "domuuid", c->name, NULL, &said, e);
	int r = there < 0 ? there : must(d, "define", file, e);

	if (r == 0 && there > 0)
		d->defined[d->ndefined++] = c->name;
	return r;
}

/* One that runs already is left alone. */
static int start_one(struct defining *d, const struct clone *c, struct err *e)
{
	const char *said;
	int r = virsh(d, "start", c->name, NULL, &said, e);
	if (r == 0)
		d->started[d->nstarted++] = c->name;
	if (r > 0 && strstr(said, "already active"))
		return 0;
	return r > 0 ? err_set(e, EIO, "virsh start %s: %s", c->name, said) : r;
}

static void undo(struct defining *d)
{
	const char *said;

	while (d->nstarted)
		virsh(d, "destroy", d->started[--d->nstarted], NULL, &said, NULL);
	while (d->ndefined)
		virsh(d, "undefine", d->defined[--d->ndefined], "--nvram", &said, NULL);
}

int clone_define(const struct plan *p, const char *uri, bool start, size_t *done, struct err *e)
{
	struct arena a = {0};
	struct defining d = {.uri = uri, .a = &a};
	int r = 0;

	d.defined = arena_alloc(&a, (p->nclones + 1) * sizeof *d.defined);
	d.started = arena_alloc(&a, (p->nclones + 1) * sizeof *d.started);
	*done = 0;
	for (size_t i = 0; r == 0 && i < p->nclones; i++) {
		const struct clone *c = &p->clones[i];

		if (c->state == CLONE_FOREIGN)
			continue;
		r = define_one(&d, c, arena_printf(&a, "%s/%s/domain.xml", p->folder, c->name), e);
		if (r == 0 && start)
			r = start_one(&d, c, e);
		*done += r == 0;
	}
	if (r < 0)
		undo(&d);
	arena_fini(&a);
	return r;
}
