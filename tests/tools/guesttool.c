/* Drives the guest engine for test scripts, on raw images. WITHOUT_RSA in the environment: no RSA host keys.
 *	guesttool describe DISK...
 *	guesttool plan NAME DISK...      what would change
 *	guesttool mint NAME DISK...      changes the images in place */
#include "provision/guest.h"

#include "base/scope.h"
#include "base/str.h"
#include "templates/disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DISKS = 8 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void show(const struct guest_plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct guest_change *c = &p->changes[i];

		printf("%-8s %-22s %s", guest_action_name(c->action), c->kind, c->where);
		if (*c->old_value || *c->new_value)
			printf(" %s -> %s", c->old_value, c->new_value);
		printf("%s%s\n", *c->reason ? ": " : "", c->reason);
	}
}

static int mint(struct guest *g, const char *name, bool apply, struct err *e)
{
	const struct identity_key key = {{1}};
	struct identity id = {.key = &key, .name = name, .hostname = name, .domain = ""};
	const struct guest_options o = {.without_rsa = getenv("WITHOUT_RSA") != NULL};
	struct guest_plan plan = {0};
	double start = now(), planned;
	uint8_t raw[32] = {0};
	int r = identity_uuid(&key, name, "machine-id", 0, &id.machine_id, e);

	id.nmacs = 1;
	if (r == 0)
		r = identity_derive(&key, name, "nic/0/mac", 0, raw, e);
	raw[0] = (raw[0] & 0xfc) | 2;
	memcpy(id.macs[0], raw, 6);
	if (r == 0)
		r = guest_plan_make(g, &id, &o, &plan, e);
	planned = now();
	if (r == 0) { /* the second plan pays for itself only */
		struct guest_plan again = {0};

		r = guest_plan_make(g, &id, &o, &again, e);
		guest_plan_fini(&again);
		fprintf(stderr, "again %.1f ms\n", now() - planned);
		planned = now();
	}
	if (r == 0)
		show(&plan);
	if (r == 0 && apply)
		r = guest_plan_apply(g, &plan, e);
	fprintf(stderr, "plan %.1f ms, apply %.1f ms\n", planned - start, now() - planned);
	guest_plan_fini(&plan);
	return r;
}

int main(int argc, char **argv)
{
	bool write = argc > 1 && str_eq(argv[1], "mint"),
	     named = write || (argc > 1 && str_eq(argv[1], "plan"));
	struct disk *disks[DISKS] = {0};
	struct strbuf text = {0};
	struct arena a = {0};
	struct guest *g = NULL;
	struct err e = {0};
	size_t n = 0;
	double start = now();
	int r = 0;

	for (int i = named ? 3 : 2; i < argc && n < DISKS && r == 0; i++)
		r = disk_raw_open(argv[i], !write, &disks[n++], &e);
	if (r == 0)
		r = guest_open(&g, &a, disks, n, &e);
	if (r == 0 && !named) {
		guest_describe(guest_facts(g), &text);
		fputs(strbuf_str(&text), stdout);
		fprintf(stderr, "described in %.1f ms\n", now() - start);
	} else if (r == 0) {
		r = mint(g, argv[2], write, &e);
	}
	if (r < 0)
		fprintf(stderr, "guesttool: %s\n", e.text);
	guest_close(g);
	for (size_t i = 0; i < n; i++)
		disk_close(disks[i]);
	strbuf_fini(&text);
	arena_fini(&a);
	return r < 0;
}
