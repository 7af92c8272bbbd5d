/* dlopen once, fill a table of function pointers. */
#include "base/lazy.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int load(struct lazy_library *lib, struct err *e)
{
	void *handle = dlopen(lib->soname, RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		return err_set(e, ENOENT, "%s cannot be loaded (Debian package %s): %s",
			       lib->soname, lib->package, dlerror());
	for (size_t i = 0; i < lib->count; i++) {
		void *symbol = dlsym(handle, lib->symbols[i].name);

		if (!symbol) {
			dlclose(handle);
			return err_set(e, ENOSYS, "%s is too old: it has no %s", lib->soname,
				       lib->symbols[i].name);
		}
		memcpy((char *)lib->table + lib->symbols[i].offset, &symbol, sizeof symbol);
	}
	lib->handle = handle;
	return 0;
}

int lazy_load(struct lazy_library *lib, struct err *e)
{
	int r = 0;

	pthread_mutex_lock(&lock);
	if (!lib->handle)
		r = load(lib, e);
	pthread_mutex_unlock(&lock);
	return r;
}
