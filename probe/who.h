/* Who asks: the user, the groups of this session, and what the group database says the user should have. */
#pragma once

#include "probe/fact.h"

struct host;

enum { WHO_GROUPS = 128, OVERFLOW_ID = 65534 };

struct who {
	struct fact user; /* text: name or number; num: uid */
	struct fact
		userns; /* YES: in a user namespace that does not hold every id; text: its uid_map */
	struct fact setgroups; /* NO: this user namespace may not change groups */
	struct fact caps;      /* num: effective capabilities, a bit each */
	struct fact seccomp;   /* YES: system calls are filtered */
	bool other;            /* --user named somebody else than the caller */
	bool known;            /* uid, gid and groups are filled */
	uint32_t uid, gid, groups[WHO_GROUPS];
	size_t ngroups;
};

void who_gather(struct host *h);
/* With --user: takes the groups that initgroups gave, which knows more databases than /etc/group. */
void who_take_groups(struct host *h, uint32_t gid, const uint32_t *groups, size_t n);

/* From /etc/passwd, without asking any service. False when the name is not there. */
bool who_find_user(const struct host *h, const char *name, uint32_t *uid, uint32_t *gid);
/* Names for ids, from /etc/passwd and /etc/group; the number as text when there is none. */
const char *who_user_name(const struct host *h, uint32_t uid);
const char *who_group_name(const struct host *h, uint32_t gid);
bool who_group_exists(const struct host *h, const char *name);
/* This session has the group now. */
bool who_in_group(const struct who *w, uint32_t gid);
/* The database puts the user in it, whether or not this session knows yet. */
bool who_listed_in(const struct host *h, uint32_t gid);
bool who_is_root(const struct who *w); /* uid 0 of the first user namespace */
