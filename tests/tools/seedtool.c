/* How long seeds take in one process: usage: seedtool iso|vfat NUMBER. Prints milliseconds for all of them. */
#include "base/scope.h"
#include "base/str.h"
#include "cloud-init/carrier.h"
#include "cloud-init/config.h"
#include "cloud-init/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* What a clone's seed has: a name, a user with a key, a static address, a host key. */
static int make(unsigned i, bool vfat)
{
	struct seed_network n = {0};
	struct seed_config c = {.grow = true};
	struct seed_files files;
	struct strbuf image = {0};
	struct arena a = {0};
	struct seed s = {.network = &n, .config = &c};
	int r;

	s.hostname = arena_printf(&a, "web-%u", i);
	seed_list_add(&a, &s.ssh_keys, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKZH8VRHjRD5iQ me");
	r = config_add_user(&a, &c, "alice,sudo", NULL);
	if (r == 0)
		r = config_add_host_key(&a, &c, (struct seed_text){"-----BEGIN", 10, NULL},
					"ssh-ed25519 AAAA", NULL);
	if (r == 0)
		r = network_add(&a, &n, LINK_ETHERNET,
				arena_printf(&a,
					     "mac=52:54:00:00:%02x:%02x,address=192.0.2.10/24,"
					     "gateway=192.0.2.1",
					     i >> 8 & 255, i & 255),
				NULL);
	if (r == 0)
		r = seed_build(&a, &s, &files, NULL);
	if (r == 0)
		r = (vfat ? seed_vfat : seed_iso)(&files, SEED_LABEL, &image, NULL);
	strbuf_fini(&image);
	arena_fini(&a);
	return r;
}

int main(int argc, char **argv)
{
	double start = now();

	if (argc != 3)
		return 2;
	for (unsigned i = 0; i < (unsigned)atoi(argv[2]); i++)
		if (make(i, str_eq(argv[1], "vfat")) < 0)
			return 1;
	printf("%.3f\n", now() - start);
	return 0;
}
