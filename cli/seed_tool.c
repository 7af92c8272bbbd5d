/* Other people's tools: `cloud-init schema` for a second opinion, qemu-img for formats. */
#include "cli/seed.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

extern char **environ;

/* In memory: user-data holds secrets, and need not touch a disk for this. path is for the child. */
static int hold(const char *bytes, size_t size, char path[32], struct err *e)
{
	int fd = memfd_create("seed", 0), r;

	if (fd < 0)
		return err_sys(e, errno, "memfd_create");
	r = sys_write(fd, bytes, size);
	if (r < 0) {
		close(fd);
		return err_sys(e, r, "memfd");
	}
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

/* Its status, or -errno. What it says goes to standard error. */
static int run_tool(const char *const *argv, struct err *e)
{
	posix_spawn_file_actions_t actions;
	int r, status = 0;
	pid_t child, got;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	/* posix_spawn promises to leave them alone. */
	r = posix_spawnp(&child, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r)
		return err_sys(e, r, "%s", argv[0]);
	do
		got = waitpid(child, &status, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_sys(e, errno, "%s", argv[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int seed_check_with(struct seed_run *run, const char *tool, struct err *e)
{
	const struct seed_text *text = &run->seed.user_data;
	struct seed_text made;
	char path[32];
	int r;

	if (!text->bytes) {
		config_write(&run->a, &run->config, &made);
		text = &made;
	}
	SCOPED(close_at) int fd = hold(text->bytes, text->size, path, e);

	if (fd < 0)
		return fd;
	const char *const argv[] = {tool, "schema", "--config-file", path, NULL};

	r = run_tool(argv, e);
	return r > 0 ? err_set(e, EINVAL, "`%s schema` does not accept the user-data", tool) : r;
}

bool seed_format_is_known(const char *format)
{
	static const char *const formats[] = {"raw", "qcow2", "vmdk", "vdi", "vpc", "vhdx"};

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (str_eq(formats[i], format))
			return true;
	return false;
}

int seed_convert(const char *path, const char *format, const struct strbuf *image, struct err *e)
{
	struct strbuf out = {0};
	char from[32], to[32];
	int r;
	SCOPED(close_at) int in = hold(image->text, image->len, from, e);

	if (in < 0)
		return in;
	SCOPED(close_at) int fd = hold("", 0, to, e);

	if (fd < 0)
		return fd;
	const char *const argv[] = {"qemu-img", "convert", "-f", "raw", "-O",
				    format,     from,      to,   NULL};

	r = run_tool(argv, e);
	if (r > 0)
		r = err_set(e, EINVAL, "qemu-img makes no %s of the image", format);
	if (r == 0) {
		sys_seek(fd, 0, SEEK_SET);
		r = sys_read_all(fd, &out, 4 * (size_t)SEED_FILE_MAX);
		if (r >= 0)
			r = sys_write_whole(path, out.text, out.len, 0600);
		if (r < 0)
			err_sys(e, r, "%s", path);
	}
	strbuf_fini(&out);
	return r < 0 ? r : 0;
}
