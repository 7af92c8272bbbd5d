/* Control groups as facts: kind, controllers, and what this user may hand out. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/isolation_parts.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *v2, *v1;
} controllers[CONTROLLER_COUNT] = {
#define CONTROLLER_ROW(id, v2, v1) {v2, v1},
	ISOLATION_CONTROLLERS(CONTROLLER_ROW)};

static struct fact kind_fact(const struct cgroup_view *v)
{
	if (v->kind == CGROUP_UNKNOWN)
		return fact_unknown("/proc/self/mountinfo", v->err);
	return fact_because("/proc/self/mountinfo", v->kind != CGROUP_NONE,
			    cgroup_kind_name(v->kind));
}

static struct fact controller_fact(const struct cgroup_view *v, const char *list,
				   const char *list_path, int list_err, size_t i)
{
	const struct cgroup_dir *d = cgroup_v1(v, controllers[i].v1);

	if (v->kind == CGROUP_UNKNOWN)
		return fact_unknown("/proc/self/mountinfo", v->err);
	if (d)
		return fact_text(d->mount, "v1");
	if (list && cgroup_lists(list, controllers[i].v2))
		return fact_text(list_path, "v2");
	if (list_err)
		return fact_unknown(list_path, list_err);
	return fact_no(list ? list_path : "/proc/self/mountinfo");
}

/* "docker run" and systemd put users below a folder of theirs: user@UID.service is the one systemd delegates. */
static struct fact delegated_fact(struct host *h, const struct cgroup_dir *v2)
{
	const char *dir, *list;
	struct tree_stat st;
	int r;

	if (!v2)
		return fact_because("/proc/self/mountinfo", false, "cgroup v1 delegates nothing");
	if (!h->who.known)
		return fact_unknown("/proc/self/status", ENODATA);
	if (who_is_root(&h->who))
		return fact_text(v2->mount, "all");
	dir = arena_printf(h->a, "%s/user.slice/user-%u.slice/user@%u.service", v2->mount,
			   h->who.uid, h->who.uid);
	r = tree_stat(h->t, dir, &st);
	if (r == -ENOENT) { /* in a container or a service of its own */
		dir = v2->dir;
		r = tree_stat(h->t, dir, &st);
	}
	if (r < 0)
		return fact_unknown(dir, r);
	if (st.uid != h->who.uid || !(st.mode & 0200))
		return fact_because(dir, false, "the folder belongs to somebody else");
	dir = arena_printf(h->a, "%s/cgroup.controllers", dir);
	r = tree_line(h->t, dir, &list);
	return r < 0 ? fact_unknown(dir, r) : fact_because(dir, *list != '\0', list);
}

static struct fact own_folder_fact(const struct cgroup_view *v, const struct cgroup_dir *v2)
{
	const struct cgroup_dir *d = v2 && v->kind == CGROUP_V2 ? v2 : cgroup_v1(v, "memory");

	if (v->kind == CGROUP_UNKNOWN)
		return fact_unknown("/proc/self/mountinfo", v->err);
	if (!d && v->count)
		d = &v->dirs[0];
	return d ? fact_text("/proc/self/cgroup", d->dir) : fact_no("/proc/self/mountinfo");
}

/* One v1 controller may be compiled in and switched off (cgroup_disable=memory): then it is not mounted. */
static struct fact devices_fact(const struct cgroup_view *v, const struct cgroup_dir *v2)
{
	const struct cgroup_dir *v1 = cgroup_v1(v, "devices");

	if (v->kind == CGROUP_UNKNOWN)
		return fact_unknown("/proc/self/mountinfo", v->err);
	if (v1)
		return fact_text(v1->mount, "v1");
	return v2 ? fact_text(v2->mount, "BPF") : fact_no("/proc/self/mountinfo");
}

void isolation_gather_cgroups(struct host *h)
{
	struct isolation *i = &h->isolation;
	const struct cgroup_dir *v2;
	const char *list = NULL, *path = NULL;
	int err = 0;

	cgroup_look(&i->cgroups, h->t);
	v2 = cgroup_v2(&i->cgroups);
	if (v2) {
		path = arena_printf(h->a, "%s/cgroup.controllers", v2->mount);
		err = tree_line(h->t, path, &list);
	}
	i->cgroup = kind_fact(&i->cgroups);
	i->cgroup_in = own_folder_fact(&i->cgroups, v2);
	i->devices = devices_fact(&i->cgroups, v2);
	for (size_t c = 0; c < CONTROLLER_COUNT; c++)
		i->controllers[c] = controller_fact(&i->cgroups, list, path, err, c);
	i->delegated = delegated_fact(h, v2);
}
