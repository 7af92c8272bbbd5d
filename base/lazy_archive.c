/* libarchive's table. */
#define LAZY_NO_REDIRECT
#include "base/lazy_archive.h"

#define ROW(f) {#f, offsetof(struct lazy_archive, f)},

static const struct lazy_symbol symbols[] = {ARCHIVE_FUNCTIONS(ROW)};

LAZY_DEFINE(archive, "libarchive.so.13", "libarchive13", symbols)

void lazy_archive_filters(struct archive *a)
{
	lazy_archive.archive_read_support_filter_gzip(a);
	lazy_archive.archive_read_support_filter_bzip2(a);
	lazy_archive.archive_read_support_filter_xz(a);
	lazy_archive.archive_read_support_filter_lzma(a);
	lazy_archive.archive_read_support_filter_zstd(a);
	lazy_archive.archive_read_support_filter_lz4(a);
}
