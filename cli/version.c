/* vmint --version: which libraries are there, and which would have to be installed. */
#include "cli/version.h"

#include "base/lazy_archive.h"
#include "base/lazy_crypto.h"
#include "base/lazy_kmod.h"
#include "base/lazy_xml.h"
#include "base/scope.h"

#include <jansson.h>
#include <libcpuid/libcpuid.h>
#include <libdeflate.h>
#include <stdbool.h>
#include <stdio.h>
#include <yaml.h>
#include <zstd.h>

static const struct {
	const char *name, *what, *package;
	int (*load)(struct err *e);
} lazy[] = {
	{"libkmod", "kernel modules on disk", "libkmod2", lazy_kmod_load},
	{"libarchive", "captures, OVA", "libarchive13", lazy_archive_load},
	{"libxml2", "OVF", "libxml2", lazy_xml_load},
	{"libcrypto", "digests, signatures", "libssl3", lazy_crypto_load},
};

void version_print(void)
{
	printf("vmint %s\n", VMINT_VERSION);
	printf("libcpuid %s, libudev, libyaml %s, jansson %s, libdeflate %s, libzstd %s\n",
	       cpuid_lib_version(), yaml_get_version_string(), jansson_version_str(),
	       LIBDEFLATE_VERSION_STRING, ZSTD_versionString());
	for (size_t i = 0; i < ARRAY_SIZE(lazy); i++) {
		bool found = lazy[i].load(NULL) == 0;

		printf("%s (%s): %s%s\n", lazy[i].name, lazy[i].what,
		       found ? "found" : "not found; Debian package ",
		       found ? "" : lazy[i].package);
	}
}
