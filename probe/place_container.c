/* Is this a container, and whose: namespaces, cgroups, PID 1 and the marks that engines leave. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void vote(struct host *h, enum box box, enum weight w, const char *source, const char *text)
{
	sign_add(&h->place.box_signs, (int)box, w, source, text);
}

/* ---- namespaces ---- */

/* include/linux/proc_ns.h: what the kernel gives the first namespace of each kind. The network and
 * (before 6.18) mount namespaces have no fixed number. */
static const struct {
	const char *kind;
	const char *first;
} spaces[] = {
	{"pid", "pid:[4026531836]"}, {"user", "user:[4026531837]"},     {"uts", "uts:[4026531838]"},
	{"ipc", "ipc:[4026531839]"}, {"cgroup", "cgroup:[4026531835]"},
};

/* Engines give a PID namespace and others beside it, or share PIDs but not UTS and IPC. A PID or user namespace
 * alone is a sandbox: a service's, a browser's, `unshare`. */
static enum spaces judge_spaces(unsigned own, unsigned known)
{
	enum { PID = 1, USER = 2, UTS = 4, IPC = 8, CGROUP = 16 };

	if (!(known & PID))
		return SPACES_UNKNOWN;
	if (!own)
		return SPACES_FIRST;
	if ((own & PID && own & (UTS | IPC | CGROUP)) || (own & (UTS | IPC)) == (UTS | IPC))
		return SPACES_OWN;
	return SPACES_PARTLY;
}

static void vote_spaces(struct host *h)
{
	unsigned own = 0, known = 0;
	struct strbuf words = {0};
	const char *target;
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(spaces); i++) {
		snprintf(path, sizeof path, "/proc/self/ns/%s", spaces[i].kind);
		if (tree_link(h->t, path, &target) < 0)
			continue;
		known |= 1u << i;
		if (str_eq(target, spaces[i].first))
			continue;
		own |= 1u << i;
		strbuf_printf(&words, "%s%s", words.len ? ", " : "", target);
	}
	h->place.spaces = judge_spaces(own, known);
	if (h->place.spaces == SPACES_OWN)
		vote(h, BOX_UNKNOWN, FIRM, "/proc/self/ns", arena_dup(h->a, strbuf_str(&words)));
	strbuf_fini(&words);
}

/* ---- control groups ---- */

enum { ID_DIGITS = 12 };

/* named_by_id: a container's hex id must follow; docker-desktop.service and libpod-conmon-*.scope are the host's. */
static const struct {
	const char *part;
	enum box box;
	enum weight weight;
	bool named_by_id;
} cgroup_rows[] = {
	{"/docker/buildkit/", BOX_BUILDKIT, SURE, false},
	{"/docker/", BOX_DOCKER, SURE, false},
	{"/docker-", BOX_DOCKER, SURE, true},
	{"/libpod-", BOX_PODMAN, SURE, true},
	{"/crio-", BOX_CRIO, SURE, true},
	{"/cri-containerd-", BOX_CONTAINERD, SURE, true},
	{":cri-containerd:", BOX_CONTAINERD, SURE, true},
	{"/buildkit/", BOX_BUILDKIT, SURE, false},
	{"/garden/", BOX_GARDEN, SURE, false},
	{"/lxc/", BOX_LXC, SURE, false},
	{"/lxc.payload", BOX_LXC, SURE, false},
	{"/kubepods", BOX_KUBERNETES, SURE, false},
	{"/machine.slice/machine-", BOX_NSPAWN, FIRM, false},
	{"/ecs/", BOX_DOCKER, FIRM, false},
};

static const char *cgroup_match(const char *text, const char *part, bool named_by_id)
{
	const char *at = text;

	while ((at = strstr(at, part))) {
		const char *after = at + strlen(part);

		if (!named_by_id || strspn(after, "0123456789abcdef") >= ID_DIGITS)
			return at;
		at = after;
	}
	return NULL;
}

static void vote_cgroup(struct host *h, const char *path)
{
	const char *text;

	if (tree_read(h->t, path, 65536, &text, NULL) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(cgroup_rows); i++) {
		const char *at =
			cgroup_match(text, cgroup_rows[i].part, cgroup_rows[i].named_by_id);
		const char *line = at;

		if (!at)
			continue;
		while (line > text && line[-1] != '\n')
			line--;
		vote(h, cgroup_rows[i].box, cgroup_rows[i].weight, path,
		     arena_dupn(h->a, line, strcspn(line, "\n")));
		return;
	}
}

/* ---- what engines tell their containers ---- */

static const struct {
	const char *word; /* of container=... */
	enum box box;
} container_words[] = {
	{"docker", BOX_DOCKER},     {"podman", BOX_PODMAN},
	{"crio", BOX_CRIO},         {"cri-o", BOX_CRIO},
	{"oci", BOX_OCI},           {"lxc", BOX_LXC},
	{"lxc-libvirt", BOX_LXC},   {"systemd-nspawn", BOX_NSPAWN},
	{"zone", BOX_ZONE},         {"kube", BOX_KUBERNETES},
	{"openvz", BOX_OPENVZ},     {"wsl", BOX_WSL1},
	{"flatpak", BOX_FLATPAK},   {"proot", BOX_PROOT},
	{"firejail", BOX_FIREJAIL}, {"garden", BOX_GARDEN},
	{"runc", BOX_OCI},          {"crun", BOX_OCI},
};

static enum box box_of_word(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(container_words); i++)
		if (str_eq(word, container_words[i].word))
			return container_words[i].box;
	return BOX_UNKNOWN;
}

/* The value of NAME= in text of the form of /proc/PID/environ, or NULL. */
static const char *environ_value(const char *text, size_t len, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = text; p < text + len; p += strlen(p) + 1)
		if (!strncmp(p, name, n) && p[n] == '=')
			return p + n + 1;
	return NULL;
}

static void vote_word(struct host *h, enum weight w, const char *source, const char *word)
{
	const char *brandz;

	if (!word || !*word)
		return;
	/* "zone" is any zone of illumos; only its Linux emulation can run this program. */
	if (str_eq(word, "zone") && tree_line(h->t, "/proc/version", &brandz) == 0 &&
	    !strstr(brandz, "BrandZ virtual linux"))
		return;
	vote(h, box_of_word(word), w, source, arena_printf(h->a, "container=%s", word));
}

static int ask_env(void *name, struct strbuf *out)
{
	const char *v = getenv(name);

	if (!v)
		return -ENOENT;
	strbuf_add(out, v);
	return 0;
}

static const char *env(struct host *h, const char *name)
{
	const char *text;
	char key[64], *copy = arena_dup(h->a, name);

	snprintf(key, sizeof key, "env/%s", name);
	return tree_answer(h->t, key, ask_env, copy, &text) < 0 ? NULL : text;
}

static void vote_environ(struct host *h)
{
	const char *text;
	size_t len;

	if (tree_read(h->t, "/proc/1/environ", 1 << 20, &text, &len) == 0)
		vote_word(h, SURE, "/proc/1/environ", environ_value(text, len, "container"));
	vote_word(h, FIRM, "environment", env(h, "container"));
	if (env(h, "KUBERNETES_SERVICE_HOST"))
		vote(h, BOX_KUBERNETES, HINT, "environment", "KUBERNETES_SERVICE_HOST");
	if (tree_line(h->t, "/run/systemd/container", &text) == 0)
		vote_word(h, HINT, "/run/systemd/container", text);
	if (tree_line(h->t, "/run/host/container-manager", &text) == 0)
		vote_word(h, FIRM, "/run/host/container-manager", text);
}

/* ---- marks ---- */

static const struct {
	const char *path;
	enum box box;
	enum weight weight;
} marks[] = {
	{"/.dockerenv", BOX_DOCKER, HINT},
	{"/.dockerinit", BOX_DOCKER, HINT},
	{"/run/.containerenv", BOX_PODMAN, HINT},
	{"/run/.toolboxenv", BOX_TOOLBOX, HINT},
	{"/.flatpak-info", BOX_FLATPAK, FIRM},
	{"/dev/.lxc-boot-id", BOX_LXC, FIRM},
	{"/dev/lxd/sock", BOX_LXC, FIRM},
	{"/dev/incus/sock", BOX_LXC, FIRM},
	{"/run/secrets/kubernetes.io", BOX_KUBERNETES, HINT},
	{"/var/run/secrets/kubernetes.io", BOX_KUBERNETES, HINT},
};

static void vote_marks(struct host *h)
{
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (tree_exists(h->t, marks[i].path))
			vote(h, marks[i].box, marks[i].weight, marks[i].path, "exists");
	/* The host of OpenVZ has both, its containers only the first. */
	if (tree_exists(h->t, "/proc/vz") && !tree_exists(h->t, "/proc/bc"))
		vote(h, BOX_OPENVZ, SURE, "/proc/vz", "exists, and no /proc/bc");
}

/* ---- root filesystem ---- */

static const struct {
	const char *part;
	enum box box;
} stores[] = {
	{"/docker/overlay2/", BOX_DOCKER},
	{"/docker/rootfs/", BOX_DOCKER},
	{"/containers/storage/", BOX_PODMAN},
	{"io.containerd.snapshotter", BOX_CONTAINERD},
	{"/buildkit/", BOX_BUILDKIT},
	{"/lxc/", BOX_LXC},
	{"/garden/", BOX_GARDEN},
};

/* mountinfo: "36 35 98:0 /sub / rw - overlay overlay rw,lowerdir=..." */
static bool is_root_line(const char *line, size_t len)
{
	const char *word, *at = line;
	size_t n, field = 0;

	while (field < 5 && str_word(&at, &word, &n) && word < line + len)
		field++;
	return field == 5 && n == 1 && *word == '/';
}

static void vote_root(struct host *h)
{
	static const char path[] = "/proc/self/mountinfo";
	const char *text, *line, *root = NULL;
	size_t len;

	if (tree_read(h->t, path, 1 << 20, &text, NULL) < 0)
		return;
	while (str_line(&text, &line, &len))
		if (is_root_line(line, len))
			root = arena_dupn(h->a, line, len);
	for (size_t i = 0; root && i < ARRAY_SIZE(stores); i++) {
		if (!strstr(root, stores[i].part))
			continue;
		vote(h, stores[i].box, SURE, path, "the root is an overlay in the engine's store");
		return;
	}
}

/* ---- kernels that are not what they seem ---- */

static void vote_kernel(struct host *h)
{
	const char *text, *release = fact_str(h->place.kernel_release, "");

	if (tree_line(h->t, "/proc/version", &text) == 0) {
		/* gVisor's sentry answers with a constant (pkg/sentry/syscalls/linux). */
		if (strstr(text, "#1 SMP Sun Jan 10 15:06:54 PST 2016"))
			vote(h, BOX_GVISOR, SURE, "/proc/version", text);
		if (strstr(text, "BrandZ virtual linux"))
			vote(h, BOX_ZONE, FIRM, "/proc/version", text);
	}
	if (strstr(release, "Microsoft") && !strstr(release, "WSL2"))
		vote(h, BOX_WSL1, FIRM, "kernel release", release);
	if (tree_read(h->t, "/proc/self/status", 65536, &text, NULL) < 0)
		return;
	/* Linux-VServer: 0 is the host. */
	text = place_key_value(h->a, text, "VxID");
	if (text && *text && !str_eq(text, "0"))
		vote(h, BOX_VSERVER, SURE, "/proc/self/status",
		     arena_printf(h->a, "VxID: %s", text));
}

/* Confinement of one program: not a container for the system, but it may hide /dev/kvm. */
static void gather_sandbox(struct host *h)
{
	static const struct {
		enum box box;
		const char *name;
	} boxes[] = {{BOX_FLATPAK, "Flatpak"}, {BOX_FIREJAIL, "Firejail"}};
	struct place *p = &h->place;
	const char *snap = env(h, "SNAP");

	p->sandbox = snap ? fact_text("$SNAP", "Snap") : fact_no("$SNAP, /.flatpak-info");
	for (size_t i = 0; i < p->box_signs.count; i++)
		for (size_t k = 0; k < ARRAY_SIZE(boxes); k++)
			if (p->box_signs.row[i].kind == (int)boxes[k].box)
				p->sandbox = fact_text(p->box_signs.row[i].source, boxes[k].name);
	if (p->sandbox.is == NO && !tree_has_answers(h->t))
		p->sandbox = fact_unknown("$SNAP", ENODATA);
}

void place_gather_container(struct host *h)
{
	vote_spaces(h);
	vote_environ(h);
	vote_cgroup(h, "/proc/self/cgroup");
	vote_cgroup(h, "/proc/1/cgroup");
	vote_marks(h);
	vote_root(h);
	vote_kernel(h);
	gather_sandbox(h);
}
