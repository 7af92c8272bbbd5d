/* Libraries loaded when first needed: a verb that does not use libarchive does not pay for loading it,
 * and the program runs on a machine that lacks the ones it does not use.
 *
 * base/lazy_NAME.h lists a library's functions once and then redirects their names:
 *	LAZY_LIBRARY(archive, ARCHIVE_FUNCTIONS)                                in the header
 *	LAZY_DEFINE(archive, "libarchive.so.13", "libarchive13", symbols)       in one .c file
 *	#define archive_read_new lazy_archive.archive_read_new
 * A function used without its redirection does not link; one redirected without its row does not compile.
 * Call lazy_archive_load(e) where a module is entered; it is cheap the second time. */
#pragma once

#include "base/err.h"

#include <stddef.h>

struct lazy_symbol {
	const char *name;
	size_t offset;
};

struct lazy_library {
	const char *soname, *package;
	const struct lazy_symbol *symbols;
	size_t count;
	void *table;
	void *handle;
};

/* -ENOENT with a sentence that names the package when the library is not there. Thread-safe. */
int lazy_load(struct lazy_library *lib, struct err *e);

#define LAZY_POINTER(f) __typeof__(f) *f;
#define LAZY_LIBRARY(name, functions)                                                              \
	struct lazy_##name {                                                                       \
		functions(LAZY_POINTER)                                                            \
	};                                                                                         \
	extern struct lazy_##name lazy_##name;                                                     \
	int lazy_##name##_load(struct err *e);

#define LAZY_DEFINE(name_, soname_, package_, symbols_)                                            \
	struct lazy_##name_ lazy_##name_;                                                          \
	int lazy_##name_##_load(struct err *e)                                                     \
	{                                                                                          \
		static struct lazy_library lib = {                                                 \
			.soname = (soname_),                                                       \
			.package = (package_),                                                     \
			.symbols = (symbols_),                                                     \
			.count = sizeof(symbols_) / sizeof((symbols_)[0]),                         \
			.table = &lazy_##name_,                                                    \
		};                                                                                 \
		return lazy_load(&lib, e);                                                         \
	}
