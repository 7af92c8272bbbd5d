/* Evidence about who refused to open /dev/kvm: the device cgroup, or a security module. */
#include "probe/node.h"

#include "base/str.h"
#include "probe/host.h"
#include "probe/mountinfo.h"

#include <errno.h>
#include <string.h>

/* The path of the version 1 "devices" controller in /proc/self/cgroup: "4:devices:/docker/1234". */
static const char *devices_path(struct host *h)
{
	const char *text, *line;
	size_t n;

	if (tree_read(h->t, "/proc/self/cgroup", TREE_TEXT_MAX, &text, NULL) < 0)
		return NULL;
	while (str_line(&text, &line, &n)) {
		const char *copy = arena_dupn(h->a, line, n), *names = strchr(copy, ':');
		const char *path = names ? strchr(names + 1, ':') : NULL;
		const char *found = names ? strstr(names, "devices") : NULL;

		if (path && found && found < path)
			return path + 1;
	}
	return NULL;
}

static const char *devices_list_file(struct host *h, const char *path)
{
	struct mount_list mounts;

	if (mountinfo_read(&mounts, h->t) < 0)
		return NULL;
	for (size_t i = 0; i < mounts.count; i++) {
		const struct mount_line *m = &mounts.lines[i];

		if (!str_eq(m->type, "cgroup") || !mount_option(m->super_options, "devices"))
			continue;
		/* In a container the mount's root is this cgroup itself. */
		if (str_eq(m->root, path))
			path = "";
		return arena_printf(h->a, "%s%s/devices.list", m->where, path);
	}
	return NULL;
}

/* "c 10:232 rwm", "c 10:* rw". A list that begins with "a *:* rwm" allows all but exceptions, which it does not
 * show: -1, nobody can tell. */
static int allows_kvm(const char *list)
{
	const char *line;
	size_t n;

	while (str_line(&list, &line, &n)) {
		char one[64], type, device[24], rights[8];

		if (n >= sizeof one)
			continue;
		memcpy(one, line, n);
		one[n] = 0;
		if (sscanf(one, "%c %23s %7s", &type, device, rights) != 3)
			continue;
		if (type == 'a')
			return -1;
		if (type == 'c' && strchr(rights, 'r') && strchr(rights, 'w') &&
		    (str_eq(device, "10:232") || str_eq(device, "10:*") || str_eq(device, "*:*")))
			return 1;
	}
	return 0;
}

static struct fact ask_device_cgroup(struct host *h)
{
	const char *path = devices_path(h), *file, *text;
	int r, allowed;

	if (!path)
		return fact_unknown("the device filter of cgroup version 2", ENOTSUP);
	file = devices_list_file(h, path);
	if (!file)
		return fact_unknown("/proc/self/mountinfo", ENOENT);
	r = tree_read(h->t, file, TREE_TEXT_MAX, &text, NULL);
	if (r < 0)
		return fact_unknown(file, r);
	allowed = allows_kvm(text);
	return allowed < 0 ? fact_unknown(file, ENOTSUP) : fact_because(file, allowed, path);
}

static struct fact ask_label(struct host *h)
{
	static const char file[] = "/proc/self/attr/current";
	const char *text;
	int r = tree_line(h->t, file, &text);

	if (r == -EINVAL || r == -ENOENT)
		return fact_no(file); /* no security module keeps labels here */
	if (r < 0)
		return fact_unknown(file, r);
	if (!*text || str_starts(text, "unconfined") || strstr(text, ":unconfined_t:"))
		return fact_because(file, false, text);
	return fact_text(file, text);
}

void nodes_gather_denial(struct host *h, int err)
{
	if (err != EPERM && err != EACCES)
		return;
	h->nodes.device_cgroup = ask_device_cgroup(h);
	h->nodes.lsm = ask_label(h);
	h->nodes.enforcing = fact_from_flag(h->t, "/sys/fs/selinux/enforce");
}
