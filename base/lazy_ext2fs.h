/* libext2fs, loaded when first needed. */
#pragma once

#include "base/lazy.h"

/* Its inline functions call the library again: taken from it like the others. */
#define NO_INLINE_FUNCS
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <ext2fs/ext2fs.h>

#define EXT2FS_FUNCTIONS(X)                                                                        \
	X(ext2fs_bg_flags_test)                                                                    \
	X(ext2fs_bg_itable_unused)                                                                 \
	X(ext2fs_block_bitmap_csum_set)                                                            \
	X(ext2fs_block_bitmap_loc)                                                                 \
	X(ext2fs_blocks_count)                                                                     \
	X(ext2fs_dir_iterate2)                                                                     \
	X(ext2fs_dirent_name_len)                                                                  \
	X(ext2fs_expand_dir)                                                                       \
	X(ext2fs_extent_free)                                                                      \
	X(ext2fs_extent_open2)                                                                     \
	X(ext2fs_file_close)                                                                       \
	X(ext2fs_file_flush)                                                                       \
	X(ext2fs_file_llseek)                                                                      \
	X(ext2fs_file_open2)                                                                       \
	X(ext2fs_file_read)                                                                        \
	X(ext2fs_file_set_size2)                                                                   \
	X(ext2fs_file_write)                                                                       \
	X(ext2fs_flush2)                                                                           \
	X(ext2fs_flush_icache)                                                                     \
	X(ext2fs_free)                                                                             \
	X(ext2fs_free_ext_attr)                                                                    \
	X(ext2fs_free_mem)                                                                         \
	X(ext2fs_get_rec_len)                                                                      \
	X(ext2fs_group_desc)                                                                       \
	X(ext2fs_group_desc_csum_set)                                                              \
	X(ext2fs_init_csum_seed)                                                                   \
	X(ext2fs_inline_data_get)                                                                  \
	X(ext2fs_inline_data_set)                                                                  \
	X(ext2fs_inline_data_size)                                                                 \
	X(ext2fs_inode_alloc_stats2)                                                               \
	X(ext2fs_inode_bitmap_csum_set)                                                            \
	X(ext2fs_inode_bitmap_loc)                                                                 \
	X(ext2fs_inode_table_loc)                                                                  \
	X(ext2fs_is_fast_symlink)                                                                  \
	X(ext2fs_link)                                                                             \
	X(ext2fs_lookup)                                                                           \
	X(ext2fs_mkdir)                                                                            \
	X(ext2fs_new_inode)                                                                        \
	X(ext2fs_open2)                                                                            \
	X(ext2fs_punch)                                                                            \
	X(ext2fs_read_bitmaps)                                                                     \
	X(ext2fs_read_inode_full)                                                                  \
	X(ext2fs_set_block_alloc_stats_callback)                                                   \
	X(ext2fs_set_block_alloc_stats_range_callback)                                             \
	X(ext2fs_symlink)                                                                          \
	X(ext2fs_test_block_bitmap2)                                                               \
	X(ext2fs_test_inode_bitmap2)                                                               \
	X(ext2fs_unlink)                                                                           \
	X(ext2fs_write_inode_full)                                                                 \
	X(ext2fs_write_new_inode)                                                                  \
	X(ext2fs_xattr_get)                                                                        \
	X(ext2fs_xattr_set)                                                                        \
	X(ext2fs_xattrs_close)                                                                     \
	X(ext2fs_xattrs_open)                                                                      \
	X(ext2fs_xattrs_read)

LAZY_LIBRARY(ext2fs, EXT2FS_FUNCTIONS)

#ifndef LAZY_NO_REDIRECT
#define ext2fs_bg_flags_test lazy_ext2fs.ext2fs_bg_flags_test
#define ext2fs_bg_itable_unused lazy_ext2fs.ext2fs_bg_itable_unused
#define ext2fs_block_bitmap_csum_set lazy_ext2fs.ext2fs_block_bitmap_csum_set
#define ext2fs_block_bitmap_loc lazy_ext2fs.ext2fs_block_bitmap_loc
#define ext2fs_blocks_count lazy_ext2fs.ext2fs_blocks_count
#define ext2fs_dir_iterate2 lazy_ext2fs.ext2fs_dir_iterate2
#define ext2fs_dirent_name_len lazy_ext2fs.ext2fs_dirent_name_len
#define ext2fs_expand_dir lazy_ext2fs.ext2fs_expand_dir
#define ext2fs_extent_free lazy_ext2fs.ext2fs_extent_free
#define ext2fs_extent_open2 lazy_ext2fs.ext2fs_extent_open2
#define ext2fs_file_close lazy_ext2fs.ext2fs_file_close
#define ext2fs_file_flush lazy_ext2fs.ext2fs_file_flush
#define ext2fs_file_llseek lazy_ext2fs.ext2fs_file_llseek
#define ext2fs_file_open2 lazy_ext2fs.ext2fs_file_open2
#define ext2fs_file_read lazy_ext2fs.ext2fs_file_read
#define ext2fs_file_set_size2 lazy_ext2fs.ext2fs_file_set_size2
#define ext2fs_file_write lazy_ext2fs.ext2fs_file_write
#define ext2fs_flush2 lazy_ext2fs.ext2fs_flush2
#define ext2fs_flush_icache lazy_ext2fs.ext2fs_flush_icache
#define ext2fs_free lazy_ext2fs.ext2fs_free
#define ext2fs_free_ext_attr lazy_ext2fs.ext2fs_free_ext_attr
#define ext2fs_free_mem lazy_ext2fs.ext2fs_free_mem
#define ext2fs_get_rec_len lazy_ext2fs.ext2fs_get_rec_len
#define ext2fs_group_desc lazy_ext2fs.ext2fs_group_desc
#define ext2fs_group_desc_csum_set lazy_ext2fs.ext2fs_group_desc_csum_set
#define ext2fs_init_csum_seed lazy_ext2fs.ext2fs_init_csum_seed
#define ext2fs_inline_data_get lazy_ext2fs.ext2fs_inline_data_get
#define ext2fs_inline_data_set lazy_ext2fs.ext2fs_inline_data_set
#define ext2fs_inline_data_size lazy_ext2fs.ext2fs_inline_data_size
#define ext2fs_inode_alloc_stats2 lazy_ext2fs.ext2fs_inode_alloc_stats2
#define ext2fs_inode_bitmap_csum_set lazy_ext2fs.ext2fs_inode_bitmap_csum_set
#define ext2fs_inode_bitmap_loc lazy_ext2fs.ext2fs_inode_bitmap_loc
#define ext2fs_inode_table_loc lazy_ext2fs.ext2fs_inode_table_loc
#define ext2fs_is_fast_symlink lazy_ext2fs.ext2fs_is_fast_symlink
#define ext2fs_link lazy_ext2fs.ext2fs_link
#define ext2fs_lookup lazy_ext2fs.ext2fs_lookup
#define ext2fs_mkdir lazy_ext2fs.ext2fs_mkdir
#define ext2fs_new_inode lazy_ext2fs.ext2fs_new_inode
#define ext2fs_open2 lazy_ext2fs.ext2fs_open2
#define ext2fs_punch lazy_ext2fs.ext2fs_punch
#define ext2fs_read_bitmaps lazy_ext2fs.ext2fs_read_bitmaps
#define ext2fs_read_inode_full lazy_ext2fs.ext2fs_read_inode_full
#define ext2fs_set_block_alloc_stats_callback lazy_ext2fs.ext2fs_set_block_alloc_stats_callback
#define ext2fs_set_block_alloc_stats_range_callback                                                \
	lazy_ext2fs.ext2fs_set_block_alloc_stats_range_callback
#define ext2fs_symlink lazy_ext2fs.ext2fs_symlink
#define ext2fs_test_block_bitmap2 lazy_ext2fs.ext2fs_test_block_bitmap2
#define ext2fs_test_inode_bitmap2 lazy_ext2fs.ext2fs_test_inode_bitmap2
#define ext2fs_unlink lazy_ext2fs.ext2fs_unlink
#define ext2fs_write_inode_full lazy_ext2fs.ext2fs_write_inode_full
#define ext2fs_write_new_inode lazy_ext2fs.ext2fs_write_new_inode
#define ext2fs_xattr_get lazy_ext2fs.ext2fs_xattr_get
#define ext2fs_xattr_set lazy_ext2fs.ext2fs_xattr_set
#define ext2fs_xattrs_close lazy_ext2fs.ext2fs_xattrs_close
#define ext2fs_xattrs_open lazy_ext2fs.ext2fs_xattrs_open
#define ext2fs_xattrs_read lazy_ext2fs.ext2fs_xattrs_read
#endif
