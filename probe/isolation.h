/* What keeps processes apart: control groups, namespaces, system call filters, security modules. */
#pragma once

#include "probe/cgroup.h"
#include "probe/fact.h"

struct host;

/* NAMESPACE(id, name in /proc/self/ns) */
#define ISOLATION_NAMESPACES(NAMESPACE)                                                            \
	NAMESPACE(MNT, "mnt")                                                                      \
	NAMESPACE(PID, "pid")                                                                      \
	NAMESPACE(NET, "net")                                                                      \
	NAMESPACE(IPC, "ipc")                                                                      \
	NAMESPACE(UTS, "uts")                                                                      \
	NAMESPACE(USER, "user")                                                                    \
	NAMESPACE(CGROUP, "cgroup")                                                                \
	NAMESPACE(TIME, "time")

/* CONTROLLER(id, name in cgroup v2, name in cgroup v1 or NULL) */
#define ISOLATION_CONTROLLERS(CONTROLLER)                                                          \
	CONTROLLER(CPU, "cpu", "cpu")                                                              \
	CONTROLLER(MEMORY, "memory", "memory")                                                     \
	CONTROLLER(PIDS, "pids", "pids")                                                           \
	CONTROLLER(IO, "io", "blkio")                                                              \
	CONTROLLER(CPUSET, "cpuset", "cpuset")                                                     \
	CONTROLLER(HUGETLB, "hugetlb", "hugetlb")                                                  \
	CONTROLLER(MISC, "misc", "misc")

#define ISOLATION_NS_ID(id, name) NS_##id,
#define ISOLATION_CONTROLLER_ID(id, v2, v1) CONTROLLER_##id,

enum isolation_namespace { ISOLATION_NAMESPACES(ISOLATION_NS_ID) NS_COUNT };
enum isolation_controller { ISOLATION_CONTROLLERS(ISOLATION_CONTROLLER_ID) CONTROLLER_COUNT };

struct isolation {
	struct cgroup_view cgroups;
	struct fact cgroup;    /* text: "v1", "hybrid", "v2"; NO: not mounted */
	struct fact cgroup_in; /* text: this process's folder */
	struct fact controllers[CONTROLLER_COUNT];
	/* Rules for device nodes: v1 has a controller for it, v2 does it with BPF and has no file to show. */
	struct fact devices;
	struct fact delegated; /* text: the controllers this user may hand out; NO: none */
	struct fact namespaces[NS_COUNT];
	struct fact userns_max; /* num */
	/* A user without privileges may make user namespaces; NO: text says what forbids it. */
	struct fact userns;
	struct fact seccomp;      /* offered by the kernel; text: the actions */
	struct fact filtered;     /* this process runs under a filter */
	struct fact lsm;          /* text: the security modules in use */
	struct fact selinux;      /* YES: enforcing; text "enforcing" or "permissive" */
	struct fact apparmor;     /* YES: enabled */
	struct fact label;        /* text: what the security module calls this process */
	struct fact capabilities; /* num: effective, a bit each, of the user asked about */
	struct fact no_new_privs;
	struct fact subuids, subgids; /* num: ids this user may map */
};

extern const struct area isolation_area;

/* Sums the ranges of a user in /etc/subuid or /etc/subgid ("name:100000:65536", or the uid for the name). */
uint64_t subids_of(const char *text, const char *name, const char *uid);
