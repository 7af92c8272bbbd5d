/* Loaded before `xl -N create` where there is no Xen: what xl asks the hypervisor before it looks at a configuration. */
#include <stddef.h>

enum { VERSION = 0, PAGE_SIZE = 8 };

static char handle[4096];

void *xc_interface_open(void *log, void *more, unsigned flags);
int xc_interface_close(void *x);
int xc_version(void *x, int what, void *answer);
int xc_get_max_cpus(void *x);
int xc_get_max_nodes(void *x);
void *xs_open(unsigned long flags);
void xs_close(void *x);
int libxl_get_physinfo(void *ctx, void *info);

void *xc_interface_open(void *log, void *more, unsigned flags)
{
	(void)log, (void)more, (void)flags;
	return handle;
}

int xc_interface_close(void *x)
{
	(void)x;
	return 0;
}

int xc_version(void *x, int what, void *answer)
{
	(void)x;
	if (answer)
		*(char *)answer = '\0';
	return what == VERSION ? 4 << 16 | 17 : what == PAGE_SIZE ? 4096 : 0;
}

int xc_get_max_cpus(void *x)
{
	(void)x;
	return 64;
}

int xc_get_max_nodes(void *x)
{
	(void)x;
	return 1;
}

void *xs_open(unsigned long flags)
{
	(void)flags;
	return handle;
}

void xs_close(void *x)
{
	(void)x;
}

int libxl_get_physinfo(void *ctx, void *info)
{
	(void)ctx, (void)info;
	return 0;
}
