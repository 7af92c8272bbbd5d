/* libkmod, loaded when first needed: it brings libcrypto along, which costs more than all else vmint links. */
#pragma once

#include "base/lazy.h"

#include <libkmod.h>

#define KMOD_FUNCTIONS(X)                                                                          \
	X(kmod_config_get_blacklists)                                                              \
	X(kmod_config_get_install_commands)                                                        \
	X(kmod_config_iter_free_iter)                                                              \
	X(kmod_config_iter_get_key)                                                                \
	X(kmod_config_iter_get_value)                                                              \
	X(kmod_config_iter_next)                                                                   \
	X(kmod_list_next)                                                                          \
	X(kmod_load_resources)                                                                     \
	X(kmod_module_get_initstate)                                                               \
	X(kmod_module_get_module)                                                                  \
	X(kmod_module_get_path)                                                                    \
	X(kmod_module_new_from_lookup)                                                             \
	X(kmod_module_unref)                                                                       \
	X(kmod_module_unref_list)                                                                  \
	X(kmod_new)                                                                                \
	X(kmod_set_log_fn)                                                                         \
	X(kmod_unref)

LAZY_LIBRARY(kmod, KMOD_FUNCTIONS)

#ifndef LAZY_NO_REDIRECT
#define kmod_config_get_blacklists lazy_kmod.kmod_config_get_blacklists
#define kmod_config_get_install_commands lazy_kmod.kmod_config_get_install_commands
#define kmod_config_iter_free_iter lazy_kmod.kmod_config_iter_free_iter
#define kmod_config_iter_get_key lazy_kmod.kmod_config_iter_get_key
#define kmod_config_iter_get_value lazy_kmod.kmod_config_iter_get_value
#define kmod_config_iter_next lazy_kmod.kmod_config_iter_next
#define kmod_list_next lazy_kmod.kmod_list_next
#define kmod_load_resources lazy_kmod.kmod_load_resources
#define kmod_module_get_initstate lazy_kmod.kmod_module_get_initstate
#define kmod_module_get_module lazy_kmod.kmod_module_get_module
#define kmod_module_get_path lazy_kmod.kmod_module_get_path
#define kmod_module_new_from_lookup lazy_kmod.kmod_module_new_from_lookup
#define kmod_module_unref lazy_kmod.kmod_module_unref
#define kmod_module_unref_list lazy_kmod.kmod_module_unref_list
#define kmod_new lazy_kmod.kmod_new
#define kmod_set_log_fn lazy_kmod.kmod_set_log_fn
#define kmod_unref lazy_kmod.kmod_unref
#endif
