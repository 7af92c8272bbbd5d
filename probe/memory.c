/* Memory: gathering and the catalogue. */
#include "probe/host.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"
#include "probe/memory_parts.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>

/* ---- /proc/meminfo ---- */

bool meminfo_value(const char *text, const char *name, uint64_t *out)
{
	size_t len = strlen(name), n;
	const char *line;

	while (str_line(&text, &line, &n)) {
		const char *word;
		size_t digits;
		char number[24];

		if (n <= len || memcmp(line, name, len) != 0 || line[len] != ':')
			continue;
		line += len + 1;
		if (!str_word(&line, &word, &digits) || digits >= sizeof number)
			return false;
		memcpy(number, word, digits);
		number[digits] = '\0';
		return num_parse(number, 10, out);
	}
	return false;
}

static struct fact meminfo_fact(const char *text, const char *name)
{
	static const char path[] = "/proc/meminfo";
	uint64_t kb;

	if (!meminfo_value(text, name, &kb))
		return fact_unknown(path, ENODATA);
	return kb > INT64_MAX / 1024 ? fact_unknown(path, EOVERFLOW)
				     : fact_num(path, (int64_t)kb * 1024);
}

static void gather_meminfo(struct host *h)
{
	struct memory *m = &h->memory;
	const char *text;
	int r = tree_read(h->t, "/proc/meminfo", TREE_TEXT_MAX, &text, NULL);

	if (r < 0) {
		m->total = m->available = m->swap = fact_unknown("/proc/meminfo", r);
		return;
	}
	m->total = meminfo_fact(text, "MemTotal");
	m->swap = meminfo_fact(text, "SwapTotal");
	m->available = meminfo_fact(text, "MemAvailable");
	if (m->available.is == UNKNOWN) { /* before Linux 3.14 */
		struct fact cached = meminfo_fact(text, "Cached");

		m->available = meminfo_fact(text, "MemFree");
		if (m->available.is == YES && cached.is == YES &&
		    cached.num <= INT64_MAX - m->available.num)
			m->available.num += cached.num;
	}
}

/* ---- huge pages ---- */

static uint64_t number_in(struct host *h, const char *dir, const char *name)
{
	int64_t n;

	if (tree_num(h->t, arena_printf(h->a, "%s/%s", dir, name), &n) < 0 || n < 0)
		return 0;
	return (uint64_t)n;
}

/* "hugepages-2048kB" */
static bool pool_size(const char *name, uint64_t *kb)
{
	static const char prefix[] = "hugepages-";
	char digits[24];
	size_t n;

	if (!str_starts(name, prefix) || !str_ends(name, "kB"))
		return false;
	name += strlen(prefix);
	n = strlen(name) - 2;
	if (n >= sizeof digits)
		return false;
	memcpy(digits, name, n);
	digits[n] = '\0';
	return num_parse(digits, 10, kb) && *kb <= 1u << 30;
}

static int gather_pools(struct host *h, const char *dir, int node, size_t *room)
{
	struct memory *m = &h->memory;
	struct tree_names sizes;
	int r = tree_list(h->t, dir, &sizes);

	for (size_t i = 0; r >= 0 && i < sizes.count; i++) {
		struct hugepage_pool p = {.node = node};
		const char *path = arena_printf(h->a, "%s/%s", dir, sizes.names[i]);

		if (!pool_size(sizes.names[i], &p.size_kb))
			continue;
		p.total = number_in(h, path, "nr_hugepages");
		p.free = p.total ? number_in(h, path, "free_hugepages") : 0;
		ARENA_GROW(h->a, m->pools, m->npools, *room);
		m->pools[m->npools++] = p;
	}
	return r;
}

static struct fact reserved_fact(const struct memory *m, const char *source, uint64_t size_kb)
{
	for (size_t i = 0; i < m->npools; i++)
		if (m->pools[i].node < 0 && m->pools[i].size_kb == size_kb)
			return fact_num(source, (int64_t)m->pools[i].total);
	return fact_because(source, false, "this size is not offered");
}

/* Old kernels have no folder per size, only the default size in /proc/meminfo. */
static int pools_from_meminfo(struct host *h, size_t *room)
{
	struct memory *m = &h->memory;
	struct hugepage_pool p = {.node = -1};
	const char *text;
	int r = tree_read(h->t, "/proc/meminfo", TREE_TEXT_MAX, &text, NULL);

	if (r < 0)
		return r;
	if (!meminfo_value(text, "Hugepagesize", &p.size_kb))
		return 0;
	meminfo_value(text, "HugePages_Total", &p.total);
	meminfo_value(text, "HugePages_Free", &p.free);
	ARENA_GROW(h->a, m->pools, m->npools, *room);
	m->pools[m->npools++] = p;
	return 0;
}

static void gather_hugepages(struct host *h, const struct tree_names *nodes)
{
	static const char dir[] = "/sys/kernel/mm/hugepages";
	struct memory *m = &h->memory;
	uint64_t free_bytes = 0, reserved = 0, part;
	size_t room = 0;
	int r = gather_pools(h, dir, -1, &room);

	if (r < 0)
		r = pools_from_meminfo(h, &room);
	if (r < 0) {
		m->hugepages = m->hugepages_2m = m->hugepages_1g = fact_unknown(dir, r);
		return;
	}
	for (size_t i = 0; i < m->npools; i++) {
		reserved += m->pools[i].total;
		if (mul_fits(m->pools[i].free, m->pools[i].size_kb * 1024, &part) &&
		    part <= INT64_MAX)
			add_fits(free_bytes, part, &free_bytes);
	}
	m->hugepages = reserved ? fact_num(dir, (int64_t)(free_bytes & INT64_MAX)) : fact_no(dir);
	m->hugepages_2m = reserved_fact(m, dir, 2048);
	m->hugepages_1g = reserved_fact(m, dir, 1048576);
	/* With one node the machine's numbers are the node's. */
	for (size_t i = 0; reserved && nodes->count > 1 && i < nodes->count; i++)
		gather_pools(h,
			     arena_printf(h->a, "/sys/devices/system/node/%s/hugepages",
					  nodes->names[i]),
			     atoi(nodes->names[i] + strlen("node")), &room);
}

/* True when n is in "0,8,250-255". */
static bool in_list(const char *list, unsigned long n)
{
	while (*list) {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (end == list)
			return false;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (n >= first && n <= last)
			return true;
		list = *end == ',' ? end + 1 : end;
	}
	return false;
}

/* Leaves only node0, node1... that have memory: devices and processors without any are nodes to the kernel too. */
static void gather_nodes(struct host *h, struct tree_names *nodes)
{
	static const char dir[] = "/sys/devices/system/node";
	const char *with_memory = NULL;
	size_t n = 0;
	int r = tree_list(h->t, dir, nodes);

	if (r >= 0)
		tree_line(h->t, "/sys/devices/system/node/has_memory", &with_memory);
	for (size_t i = 0; r >= 0 && i < nodes->count && n < 1024; i++) {
		const char *name = nodes->names[i];

		if (!str_starts(name, "node") || !isdigit((unsigned char)name[4]))
			continue;
		if (!with_memory || !*with_memory ||
		    in_list(with_memory, strtoul(name + 4, NULL, 10)))
			nodes->names[n++] = nodes->names[i];
	}
	nodes->count = n;
	if (r >= 0)
		h->memory.nodes = fact_num(dir, n ? (int64_t)n : 1);
	else if (r == -ENOENT && tree_exists(h->t, "/sys/devices/system/cpu"))
		h->memory.nodes = fact_num("/sys/devices/system/cpu", 1); /* not built for NUMA */
	else
		h->memory.nodes = fact_unknown(dir, r);
}

/* ---- the kernel's habits ---- */

/* "always [madvise] never" -> "madvise" */
static struct fact chosen_fact(struct host *h, const char *path)
{
	struct fact f = fact_from_line(h->t, path);
	const char *open = f.is == YES ? strchr(f.text, '[') : NULL;
	const char *close = open ? strchr(open, ']') : NULL;

	if (f.is == YES && !close)
		return fact_unknown(f.source, EINVAL);
	if (close)
		f.text = arena_dupn(h->a, open + 1, (size_t)(close - open - 1));
	else if (f.err == ENOENT && tree_exists(h->t, "/sys/kernel/mm"))
		return fact_because(path, false, "not in this kernel");
	return f;
}

static void gather_habits(struct host *h)
{
	struct memory *m = &h->memory;

	m->thp = chosen_fact(h, "/sys/kernel/mm/transparent_hugepage/enabled");
	m->ksm = fact_from_flag(h->t, "/sys/kernel/mm/ksm/run");
	if (m->ksm.err == ENOENT && tree_exists(h->t, "/sys/kernel/mm"))
		m->ksm = fact_because(m->ksm.source, false, "not in this kernel");
	m->ksm_sharing =
		m->ksm.is == YES ? fact_from_num(h->t, "/sys/kernel/mm/ksm/pages_sharing") : m->ksm;
	m->overcommit = fact_from_num(h->t, "/proc/sys/vm/overcommit_memory");
}

/* ---- limits ---- */

static int ask_rlimit(void *arg, struct strbuf *out)
{
	struct rlimit l;

	if (getrlimit((__rlimit_resource_t) * (const int *)arg, &l) < 0)
		return -errno;
	if (l.rlim_cur == RLIM_INFINITY)
		strbuf_add(out, "unlimited");
	else
		strbuf_printf(out, "%llu", (unsigned long long)l.rlim_cur);
	return 0;
}

static struct fact rlimit_fact(struct host *h, const char *key, int which)
{
	const char *text;
	uint64_t n;
	struct fact f;
	int r;

	if (h->who.other) /* set at login, by PAM */
		return fact_unknown("limits of another user", 0);
	r = tree_answer(h->t, key, ask_rlimit, &which, &text);
	if (r < 0)
		return fact_unknown(key, r);
	f = fact_text(key, text);
	f.has_num = true;
	if (str_eq(text, "unlimited"))
		f.num = -1;
	else if (num_parse(text, 10, &n))
		f.num = n > INT64_MAX ? INT64_MAX : (int64_t)n;
	else
		return fact_unknown(key, EINVAL);
	return f;
}

/* What a guest may take: what the machine has, and no more than the cgroup allows. */
static struct fact usable_fact(const struct memory *m)
{
	int64_t left;

	if (m->available.is != YES || m->cgroup_limit.is != YES)
		return m->available;
	left = m->cgroup_limit.num - (m->cgroup_used.is == YES ? m->cgroup_used.num : 0);
	if (left >= m->available.num)
		return m->available;
	return fact_num(m->cgroup_limit.source, left > 0 ? left : 0);
}

static void gather(struct host *h)
{
	struct memory *m = &h->memory;
	struct tree_names nodes = {0};

	gather_meminfo(h);
	gather_nodes(h, &nodes);
	gather_hugepages(h, &nodes);
	gather_habits(h);
	memory_gather_cgroup(h);
	m->memlock = rlimit_fact(h, "rlimit/memlock", RLIMIT_MEMLOCK);
	m->nofile = rlimit_fact(h, "rlimit/nofile", RLIMIT_NOFILE);
	m->nproc = rlimit_fact(h, "rlimit/nproc", RLIMIT_NPROC);
	m->usable = usable_fact(m);
}

/* ---- catalogue ---- */

static const struct fact_row facts[] = {
	FACT("memory.total", memory.total, "Memory, bytes"),
	FACT("memory.available", memory.available, "Memory available, bytes"),
	FACT("memory.usable", memory.usable, "Memory a guest could take, bytes"),
	FACT("memory.swap", memory.swap, "Swap, bytes"),
	FACT("memory.nodes", memory.nodes, "NUMA nodes"),
	FACT("memory.hugepages", memory.hugepages, "Free huge pages, bytes"),
	FACT("memory.hugepages-2m", memory.hugepages_2m, "Huge pages of 2 MiB reserved"),
	FACT("memory.hugepages-1g", memory.hugepages_1g, "Huge pages of 1 GiB reserved"),
	FACT("memory.thp", memory.thp, "Transparent huge pages"),
	FACT("memory.ksm", memory.ksm, "Page sharing (KSM) runs"),
	FACT("memory.ksm-sharing", memory.ksm_sharing, "Pages shared by KSM"),
	FACT("memory.overcommit", memory.overcommit, "vm.overcommit_memory"),
	FACT("memory.cgroup-limit", memory.cgroup_limit, "Memory limit of the cgroup, bytes"),
	FACT("memory.cgroup-used", memory.cgroup_used, "Memory used by the cgroup, bytes"),
	FACT("memory.memlock", memory.memlock, "Limit of locked memory, bytes"),
	FACT("memory.nofile", memory.nofile, "Limit of open files"),
	FACT("memory.nproc", memory.nproc, "Limit of processes"),
};

static void details(const struct host *h, json_t *out)
{
	json_t *list = json_array();

	for (size_t i = 0; i < h->memory.npools; i++) {
		const struct hugepage_pool *p = &h->memory.pools[i];
		json_t *row = json_object();

		if (p->node >= 0)
			json_object_set_new(row, "node", json_integer(p->node));
		json_object_set_new(row, "size_kb", json_integer((json_int_t)p->size_kb));
		json_object_set_new(row, "total", json_integer((json_int_t)p->total));
		json_object_set_new(row, "free", json_integer((json_int_t)p->free));
		json_array_append_new(list, row);
	}
	json_object_set_new(out, "hugepages", list);
}

const struct area memory_area = {
	.name = "memory",
	.gather = gather,
	.facts = facts,
	.nfacts = ARRAY_SIZE(facts),
	.checks = memory_checks,
	.nchecks = MEMORY_CHECKS,
	.details = details,
};
