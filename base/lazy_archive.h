/* libarchive, loaded when first needed. */
#pragma once

#include "base/lazy.h"

#include <archive.h>
#include <archive_entry.h>

#define ARCHIVE_FUNCTIONS(X)                                                                       \
	X(archive_entry_clear)                                                                     \
	X(archive_entry_filetype)                                                                  \
	X(archive_entry_free)                                                                      \
	X(archive_entry_hardlink)                                                                  \
	X(archive_entry_new)                                                                       \
	X(archive_entry_pathname)                                                                  \
	X(archive_entry_set_filetype)                                                              \
	X(archive_entry_set_gid)                                                                   \
	X(archive_entry_set_mtime)                                                                 \
	X(archive_entry_set_pathname)                                                              \
	X(archive_entry_set_perm)                                                                  \
	X(archive_entry_set_size)                                                                  \
	X(archive_entry_set_symlink)                                                               \
	X(archive_entry_set_uid)                                                                   \
	X(archive_entry_size)                                                                      \
	X(archive_entry_sparse_count)                                                              \
	X(archive_entry_stat)                                                                      \
	X(archive_entry_symlink)                                                                   \
	X(archive_errno)                                                                           \
	X(archive_error_string)                                                                    \
	X(archive_filter_bytes)                                                                    \
	X(archive_format)                                                                          \
	X(archive_read_data)                                                                       \
	X(archive_read_data_skip)                                                                  \
	X(archive_read_free)                                                                       \
	X(archive_read_new)                                                                        \
	X(archive_read_next_header)                                                                \
	X(archive_read_open)                                                                       \
	X(archive_read_open_fd)                                                                    \
	X(archive_read_open_memory)                                                                \
	X(archive_read_support_filter_bzip2)                                                       \
	X(archive_read_support_filter_gzip)                                                        \
	X(archive_read_support_filter_lz4)                                                         \
	X(archive_read_support_filter_lzma)                                                        \
	X(archive_read_support_filter_xz)                                                          \
	X(archive_read_support_filter_zstd)                                                        \
	X(archive_read_support_format_cpio)                                                        \
	X(archive_read_support_format_empty)                                                       \
	X(archive_read_support_format_raw)                                                         \
	X(archive_read_support_format_tar)                                                         \
	X(archive_read_support_format_zip)                                                         \
	X(archive_write_add_filter_gzip)                                                           \
	X(archive_write_close)                                                                     \
	X(archive_write_data)                                                                      \
	X(archive_write_free)                                                                      \
	X(archive_write_header)                                                                    \
	X(archive_write_new)                                                                       \
	X(archive_write_open)                                                                      \
	X(archive_write_open_fd)                                                                   \
	X(archive_write_open_memory)                                                               \
	X(archive_write_set_bytes_in_last_block)                                                   \
	X(archive_write_set_format_pax_restricted)                                                 \
	X(archive_write_set_options)

LAZY_LIBRARY(archive, ARCHIVE_FUNCTIONS)

/* Every filter that decompresses in this process: "all" would also start programs such as lrzip. */
void lazy_archive_filters(struct archive *a);

#ifndef LAZY_NO_REDIRECT
#define archive_entry_clear lazy_archive.archive_entry_clear
#define archive_entry_filetype lazy_archive.archive_entry_filetype
#define archive_entry_free lazy_archive.archive_entry_free
#define archive_entry_hardlink lazy_archive.archive_entry_hardlink
#define archive_entry_new lazy_archive.archive_entry_new
#define archive_entry_pathname lazy_archive.archive_entry_pathname
#define archive_entry_set_filetype lazy_archive.archive_entry_set_filetype
#define archive_entry_set_gid lazy_archive.archive_entry_set_gid
#define archive_entry_set_mtime lazy_archive.archive_entry_set_mtime
#define archive_entry_set_pathname lazy_archive.archive_entry_set_pathname
#define archive_entry_set_perm lazy_archive.archive_entry_set_perm
#define archive_entry_set_size lazy_archive.archive_entry_set_size
#define archive_entry_set_symlink lazy_archive.archive_entry_set_symlink
#define archive_entry_set_uid lazy_archive.archive_entry_set_uid
#define archive_entry_size lazy_archive.archive_entry_size
#define archive_entry_sparse_count lazy_archive.archive_entry_sparse_count
#define archive_entry_stat lazy_archive.archive_entry_stat
#define archive_entry_symlink lazy_archive.archive_entry_symlink
#define archive_errno lazy_archive.archive_errno
#define archive_error_string lazy_archive.archive_error_string
#define archive_filter_bytes lazy_archive.archive_filter_bytes
#define archive_format lazy_archive.archive_format
#define archive_read_data lazy_archive.archive_read_data
#define archive_read_data_skip lazy_archive.archive_read_data_skip
#define archive_read_free lazy_archive.archive_read_free
#define archive_read_new lazy_archive.archive_read_new
#define archive_read_next_header lazy_archive.archive_read_next_header
#define archive_read_open lazy_archive.archive_read_open
#define archive_read_open_fd lazy_archive.archive_read_open_fd
#define archive_read_open_memory lazy_archive.archive_read_open_memory
#define archive_read_support_filter_bzip2 lazy_archive.archive_read_support_filter_bzip2
#define archive_read_support_filter_gzip lazy_archive.archive_read_support_filter_gzip
#define archive_read_support_filter_lz4 lazy_archive.archive_read_support_filter_lz4
#define archive_read_support_filter_lzma lazy_archive.archive_read_support_filter_lzma
#define archive_read_support_filter_xz lazy_archive.archive_read_support_filter_xz
#define archive_read_support_filter_zstd lazy_archive.archive_read_support_filter_zstd
#define archive_read_support_format_cpio lazy_archive.archive_read_support_format_cpio
#define archive_read_support_format_empty lazy_archive.archive_read_support_format_empty
#define archive_read_support_format_raw lazy_archive.archive_read_support_format_raw
#define archive_read_support_format_tar lazy_archive.archive_read_support_format_tar
#define archive_read_support_format_zip lazy_archive.archive_read_support_format_zip
#define archive_write_add_filter_gzip lazy_archive.archive_write_add_filter_gzip
#define archive_write_close lazy_archive.archive_write_close
#define archive_write_data lazy_archive.archive_write_data
#define archive_write_free lazy_archive.archive_write_free
#define archive_write_header lazy_archive.archive_write_header
#define archive_write_new lazy_archive.archive_write_new
#define archive_write_open lazy_archive.archive_write_open
#define archive_write_open_fd lazy_archive.archive_write_open_fd
#define archive_write_open_memory lazy_archive.archive_write_open_memory
#define archive_write_set_bytes_in_last_block lazy_archive.archive_write_set_bytes_in_last_block
#define archive_write_set_format_pax_restricted lazy_archive.archive_write_set_format_pax_restricted
#define archive_write_set_options lazy_archive.archive_write_set_options
#endif
