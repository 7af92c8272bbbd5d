/* Any bytes as the certificate file of a package whose manifest is always the same. */
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "templates/signature.h"

#include <stdint.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The seed good.cert signs this. */
static const char manifest[] =
	"SHA256(t.ovf)= e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(close_at) int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct member members[] = {
		{.name = "t.mf", .fd = fd, .offset = 0, .size = sizeof manifest - 1},
		{.name = "t.cert", .fd = fd, .offset = sizeof manifest - 1, .size = size},
	};
	struct arena a = {0};
	struct package p = {
		.a = &a,
		.path = "fuzz.ova",
		.members = members,
		.nmembers = ARRAY_SIZE(members),
		.manifest_name = "t.mf",
		.certificate_name = "t.cert",
	};
	const struct trust_options o = {
		.fingerprint = size % 3 ? NULL : "00:11",
		.require_signature = size % 2,
	};
	struct trust t = {0};
	struct err e;

	if (fd < 0 || sys_write(fd, manifest, sizeof manifest - 1) < 0 ||
	    sys_write(fd, data, size) < 0)
		return 0;
	signature_check(&p, &o, &t, &e);
	arena_fini(&a);
	return 0;
}
