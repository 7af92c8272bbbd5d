/* The second opinion: `cloud-init schema` of an installed cloud-init. */
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

/* In memory: user-data holds secrets, and need not touch a disk for this. */
static int spawn(const struct seed_text *text, const char *tool, pid_t *child, struct err *e)
{
	SCOPED(close_at) int fd = memfd_create("user-data", 0);
	posix_spawn_file_actions_t actions;
	char path[32];
	int r;

	if (fd < 0)
		return err_sys(e, errno, "memfd_create");
	r = sys_write(fd, text->bytes, text->size);
	if (r < 0)
		return err_sys(e, r, "memfd");
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	/* posix_spawn promises to leave them alone. */
	const char *const argv[] = {tool, "schema", "--config-file", path, NULL};
	r = posix_spawnp(child, tool, &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return r ? err_sys(e, r, "%s", tool) : 0;
}

int seed_check_with(struct seed_run *run, const char *tool, struct err *e)
{
	const struct seed_text *text = &run->seed.user_data;
	struct seed_text made;
	pid_t child, got;
	int r, status = 0;

	if (!text->bytes) {
		config_write(&run->a, &run->config, &made);
		text = &made;
	}
	r = spawn(text, tool, &child, e);
	if (r < 0)
		return r;
	do
		got = waitpid(child, &status, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_sys(e, errno, "%s", tool);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return err_set(e, EINVAL, "`%s schema` does not accept the user-data", tool);
	return 0;
}
