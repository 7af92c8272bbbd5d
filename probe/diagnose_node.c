/* Causes between a working KVM in the kernel and the user: the node, its mount, the device cgroup, security
 * modules, user namespaces, mode and groups. */
#include "probe/diagnose.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/host.h"

#include <errno.h>
#include <string.h>

static const struct node *kvm_node(const struct host *h)
{
	return &h->nodes.node[NODE_KVM];
}

static const char *user(const struct host *h)
{
	return fact_str(h->who.user, "this user");
}

static const char *group(const struct host *h)
{
	return who_group_name(h, kvm_node(h)->gid);
}

/* ---- the node ---- */

static bool not_given(const struct host *h)
{
	return kvm_node(h)->there.is == NO && in_container(h);
}

static const char *not_given_words(const struct host *h)
{
	return arena_printf(h->a,
			    "the host has KVM, but this container (%s) was not given /dev/kvm",
			    fact_str(h->place.container, "unknown"));
}

static bool node_missing(const struct host *h)
{
	return kvm_node(h)->there.is == NO;
}

static bool wrong_type(const struct host *h)
{
	return kvm_node(h)->device.is == NO;
}

static const char *wrong_type_words(const struct host *h)
{
	return arena_printf(h->a, "/dev/kvm is %s, not a character device",
			    fact_str(kvm_node(h)->device, kvm_node(h)->device.text));
}

static bool wrong_number(const struct host *h)
{
	return kvm_node(h)->number.is == NO;
}

static const char *wrong_number_words(const struct host *h)
{
	return arena_printf(h->a, "/dev/kvm is another device: %s", kvm_node(h)->number.text);
}

static bool node_without_driver(const struct host *h)
{
	int err = open_error(h);

	return err == ENODEV || err == ENXIO;
}

static bool not_kvm(const struct host *h)
{
	const struct step_result *api = &h->kvm.trial.notes.steps[STEP_API];

	return api->state == STEP_FAILED &&
	       (api->err == ENOTTY || api->err == EBADFD || api->err == EINVAL ||
		api->err == ENOSYS) &&
	       h->who.seccomp.is != YES;
}

static const char *make_node(const struct host *h)
{
	const char *fresh = "mknod -m 0660 /dev/kvm c 10 232 && chgrp kvm /dev/kvm";

	if (in_container(h)) {
		const char *advice = place_nested_advice(h);

		return advice ? advice : "give the container the device /dev/kvm";
	}
	if (node_missing(h))
		return fresh;
	/* Something is mounted over the node itself, as container engines mask files. */
	if (str_eq(kvm_node(h)->nodev.text, "/dev/kvm"))
		return "umount /dev/kvm";
	return arena_printf(h->a, "rm -r /dev/kvm && %s", fresh);
}

/* ---- what refuses before mode and groups are asked ---- */

static bool on_nodev(const struct host *h)
{
	int err = open_error(h);

	return kvm_node(h)->nodev.is == YES && h->kvm.run.is != YES &&
	       (err == EACCES || !h->kvm.tried);
}

static const char *nodev_words(const struct host *h)
{
	return arena_printf(h->a,
			    "/dev/kvm lies on %s, which is mounted nodev: nothing there opens",
			    kvm_node(h)->nodev.text);
}

static const char *nodev_remedy(const struct host *h)
{
	return arena_printf(h->a, "mount -o remount,dev %s", kvm_node(h)->nodev.text);
}

static const char *label(const struct host *h)
{
	return fact_str(h->nodes.lsm, "");
}

/* open fails with EPERM or EACCES although mode and groups would allow it. */
static bool denied(const struct host *h)
{
	int err = open_error(h);

	return err == EPERM || (err == EACCES && kvm_node(h)->access.is == YES);
}

static bool by_snap(const struct host *h)
{
	return denied(h) && str_starts(label(h), "snap.");
}

static const char *snap_remedy(const struct host *h)
{
	const char *name = label(h) + strlen("snap.");

	return arena_printf(h->a, "snap connect %.*s:kvm", (int)strcspn(name, "."), name);
}

static bool by_flatpak(const struct host *h)
{
	return denied(h) && h->place.box == BOX_FLATPAK;
}

static bool by_firejail(const struct host *h)
{
	return denied(h) && strstr(label(h), "firejail");
}

static bool by_cgroup(const struct host *h)
{
	if (open_error(h) != EPERM)
		return false;
	return h->nodes.device_cgroup.is != YES;
}

static const char *cgroup_words(const struct host *h)
{
	if (h->nodes.device_cgroup.is == NO)
		return arena_printf(
			h->a, "the device cgroup does not allow /dev/kvm (%s has no c 10:232)",
			h->nodes.device_cgroup.source);
	return "opening /dev/kvm is not permitted (EPERM): the device filter of this control "
	       "group, or "
	       "a security module, refuses";
}

static const char *cgroup_remedy(const struct host *h)
{
	if (in_container(h)) {
		const char *advice = place_nested_advice(h);

		return advice ? advice : "give the container the device /dev/kvm";
	}
	if (h->nodes.device_cgroup.is == NO && str_ends(h->nodes.device_cgroup.source, ".list"))
		return arena_printf(h->a, "echo 'c 10:232 rwm' > %.*s.allow",
				    (int)strlen(h->nodes.device_cgroup.source) - 5,
				    h->nodes.device_cgroup.source);
	return "systemctl set-property UNIT DeviceAllow='/dev/kvm rw' (the unit that "
	       "/proc/self/cgroup "
	       "names)";
}

static bool by_selinux(const struct host *h)
{
	return denied(h) && open_error(h) == EACCES && h->nodes.enforcing.is == YES;
}

static const char *selinux_words(const struct host *h)
{
	return arena_printf(h->a, "mode and groups allow /dev/kvm, but SELinux refuses it to %s",
			    *label(h) ? label(h) : "this process");
}

static const char *selinux_remedy(const struct host *h)
{
	if (in_container(h))
		return "run the container with --security-opt label=disable, or on the host: "
		       "setsebool "
		       "-P container_use_devices 1";
	return "ausearch -m avc -ts recent | audit2why names the rule; restorecon -v /dev/kvm "
	       "repairs "
	       "a wrong label";
}

static bool by_lsm(const struct host *h)
{
	/* A profile refuses with EACCES; EPERM is the device filter, whatever profile there may be. */
	return denied(h) && open_error(h) == EACCES && h->nodes.lsm.is == YES;
}

static const char *lsm_words(const struct host *h)
{
	return arena_printf(h->a,
			    "mode and groups allow /dev/kvm, but the security profile %s refuses",
			    label(h));
}

static const char *lsm_remedy(const struct host *h)
{
	return arena_printf(h->a, "add '/dev/kvm rw,' to the AppArmor profile %.*s and reload it",
			    (int)strcspn(label(h), " "), label(h));
}

/* ---- user namespaces ---- */

static bool refused_open(const struct host *h)
{
	return open_error(h) == EACCES || (!h->kvm.tried && kvm_node(h)->access.is == NO);
}

static bool root_in_name_only(const struct host *h)
{
	return refused_open(h) && h->who.userns.is == YES && h->who.uid == 0 && h->who.known;
}

static bool unmapped_groups(const struct host *h)
{
	return refused_open(h) && h->who.userns.is == YES;
}

static const char *userns_remedy(const struct host *h)
{
	if (h->place.box == BOX_PODMAN || h->place.box == BOX_TOOLBOX)
		return "on the host: put the user into group kvm; then podman run --group-add "
		       "keep-groups --device /dev/kvm";
	if (h->place.box == BOX_LXC)
		return "lxc config device add NAME kvm unix-char path=/dev/kvm gid=GID, with the "
		       "container's own number of group kvm";
	return "outside, put the user who starts this into group kvm, and keep its groups (podman: "
	       "--group-add keep-groups)";
}

/* ---- mode, groups, session ---- */

static bool group_may(const struct host *h)
{
	return (kvm_node(h)->bits & 0060) == 0060 && kvm_node(h)->gid != 0;
}

static bool session_too_old(const struct host *h)
{
	return refused_open(h) && group_may(h) && !h->who.other &&
	       !who_in_group(&h->who, kvm_node(h)->gid) && who_listed_in(h, kvm_node(h)->gid);
}

static const char *session_words(const struct host *h)
{
	return arena_printf(h->a, "%s is in group %s, but this session began before that", user(h),
			    group(h));
}

static const char *session_remedy(const struct host *h)
{
	return arena_printf(h->a, "log out and in again, or for one shell: newgrp %s", group(h));
}

/* The ACL's entry for the user, if it is what decides. */
static const struct acl_entry *own_entry(const struct host *h)
{
	const struct acl *acl = &kvm_node(h)->entries;

	for (size_t i = 0; i < acl->count; i++)
		if (acl->entries[i].tag == ACL_USER && acl->entries[i].id == h->who.uid)
			return &acl->entries[i];
	return NULL;
}

static bool masked(const struct host *h)
{
	const struct acl_entry *e = own_entry(h);

	return refused_open(h) && e && (e->perm & 6) == 6;
}

static const char *masked_words(const struct host *h)
{
	return arena_printf(
		h->a, "the ACL of /dev/kvm gives it to %s, but the ACL's mask takes that away",
		user(h));
}

static bool acl_refuses(const struct host *h)
{
	return refused_open(h) && own_entry(h);
}

static const char *acl_refuses_words(const struct host *h)
{
	return arena_printf(h->a, "the ACL of /dev/kvm (%s) refuses %s, whatever the groups",
			    fact_str(kvm_node(h)->acl, "user entry"), user(h));
}

static const char *acl_refuses_remedy(const struct host *h)
{
	return arena_printf(h->a, "sudo setfacl -x u:%s /dev/kvm", user(h));
}

static bool not_in_group(const struct host *h)
{
	return refused_open(h) && group_may(h) && !who_in_group(&h->who, kvm_node(h)->gid);
}

static const char *not_in_group_words(const struct host *h)
{
	return arena_printf(h->a, "%s may not open /dev/kvm: it is %s, and %s is not in group %s",
			    user(h), kvm_node(h)->mode.text, user(h), group(h));
}

static bool numeric(const char *name)
{
	return *name >= '0' && *name <= '9';
}

static const char *not_in_group_remedy(const struct host *h)
{
	const char *distro = fact_str(h->place.distro, "");

	/* On a CI runner nobody can log in again, so the node has to change: the runner images' own way. */
	if (str_eq(user(h), "runner"))
		return "echo 'KERNEL==\"kvm\", GROUP=\"kvm\", MODE=\"0666\", "
		       "OPTIONS+=\"static_node=kvm\"' | sudo tee /etc/udev/rules.d/99-kvm.rules && "
		       "sudo udevadm control --reload-rules && sudo udevadm trigger "
		       "--name-match=kvm";
	if (in_container(h))
		return arena_printf(h->a,
				    "start the container with --group-add %u (the group that "
				    "/dev/kvm has)",
				    kvm_node(h)->gid);
	if (numeric(user(h))) /* a number that no account has: usermod knows names */
		return arena_printf(h->a,
				    "start the program with the group: sudo setpriv --reuid %s "
				    "--regid %s --clear-groups COMMAND (no account has this id)",
				    user(h), group(h));
	if (numeric(group(h)))
		return arena_printf(h->a,
				    "sudo groupadd -g %s kvm && sudo usermod -aG kvm %s, then "
				    "log in again",
				    group(h), user(h));
	if (str_eq(distro, "nixos"))
		return arena_printf(h->a,
				    "users.users.%s.extraGroups = [ \"%s\" ]; in "
				    "configuration.nix, then nixos-rebuild switch and log in "
				    "again",
				    user(h), group(h));
	if (str_eq(distro, "alpine"))
		return arena_printf(h->a, "addgroup %s %s, then log in again", user(h), group(h));
	return arena_printf(h->a, "sudo usermod -aG %s %s, then log in again", group(h), user(h));
}

static bool mode_too_narrow(const struct host *h)
{
	return refused_open(h) && kvm_node(h)->access.is != YES;
}

static const char *narrow_words(const struct host *h)
{
	return arena_printf(h->a, "%s may not open /dev/kvm: its mode is %s%s%s", user(h),
			    fact_str(kvm_node(h)->mode, "unknown"),
			    kvm_node(h)->acl.is == YES ? ", ACL " : "",
			    kvm_node(h)->acl.is == YES ? kvm_node(h)->acl.text : "");
}

static const char *narrow_remedy(const struct host *h)
{
	const struct udev_effect *e = &h->nodes.kvm_effect;

	if (in_container(h))
		return "on the host: chgrp kvm /dev/kvm && chmod 0660 /dev/kvm, and start the "
		       "container with that group";
	if (!who_is_root(&h->who) && h->nodes.udev.is == YES && e->has_mode && e->group)
		return arena_printf(
			h->a,
			"sudo udevadm trigger --name-match=kvm (udev's rule makes it %s), "
			"and put %s into group %s",
			h->nodes.kvm_rule.text, user(h), e->group);
	return arena_printf(h->a,
			    "sudo chgrp kvm /dev/kvm && sudo chmod 0660 /dev/kvm, and put %s "
			    "into group kvm",
			    user(h));
}

/* The mode would allow it, no module speaks up, and still: EACCES. */
static bool strange_refusal(const struct host *h)
{
	return open_error(h) == EACCES;
}

static bool strange_open(const struct host *h)
{
	int err = open_error(h);

	return err && err != EMFILE && err != ENFILE && err != ENOMEM;
}

static const char *open_words(const struct host *h)
{
	return kvm_step_words(h, STEP_OPEN);
}

static const struct cause_row rows[] = {
	{"node-not-given", "node", not_given, NULL, not_given_words, NULL, make_node},
	{"node-missing", "node", node_missing, "KVM is in the kernel, but there is no /dev/kvm",
	 NULL, NULL, make_node},
	{"node-type", "node", wrong_type, NULL, wrong_type_words, NULL, make_node},
	{"node-number", "node", wrong_number, NULL, wrong_number_words, NULL, make_node},
	{"node-stale", "node", node_without_driver,
	 "there is a /dev/kvm, but no driver behind it in the kernel", NULL,
	 "load the KVM module for this CPU (modprobe kvm_intel or kvm_amd)"},
	{"node-not-kvm", "node", not_kvm, "what opens as /dev/kvm is not KVM", NULL, NULL,
	 make_node},
	{"mount-nodev", "mount", on_nodev, NULL, nodev_words, NULL, nodev_remedy},
	{"snap", "sandbox", by_snap, "snap's confinement keeps this program from /dev/kvm", NULL,
	 NULL, snap_remedy},
	{"flatpak", "sandbox", by_flatpak, "Flatpak's sandbox keeps this program from /dev/kvm",
	 NULL, NULL, place_nested_advice},
	{"firejail", "sandbox", by_firejail, "firejail keeps this program from /dev/kvm", NULL,
	 "start it without firejail, or add 'ignore private-dev' to its profile"},
	{"selinux", "security-module", by_selinux, NULL, selinux_words, NULL, selinux_remedy},
	{"security-module", "security-module", by_lsm, NULL, lsm_words, NULL, lsm_remedy},
	{"device-cgroup", "cgroup", by_cgroup, NULL, cgroup_words, NULL, cgroup_remedy},
	{"userns-root", "permission", root_in_name_only,
	 "root here is root of a user namespace only, and has no right to /dev/kvm outside", NULL,
	 NULL, userns_remedy},
	{"userns-groups", "permission", unmapped_groups,
	 "this user namespace does not carry the group that may open /dev/kvm", NULL, NULL,
	 userns_remedy},
	{"acl-mask", "permission", masked, NULL, masked_words, "sudo setfacl -m m::rw /dev/kvm"},
	{"acl", "permission", acl_refuses, NULL, acl_refuses_words, NULL, acl_refuses_remedy},
	{"session-too-old", "permission", session_too_old, NULL, session_words, NULL,
	 session_remedy},
	{"not-in-group", "permission", not_in_group, NULL, not_in_group_words, NULL,
	 not_in_group_remedy},
	{"mode", "permission", mode_too_narrow, NULL, narrow_words, NULL, narrow_remedy},
	{"denied", "security-module", strange_refusal,
	 "mode and groups allow /dev/kvm, but something refuses it (EACCES)", NULL,
	 "look for the refusal of a security module in the kernel log: dmesg | grep -i denied"},
	{"open", "node", strange_open, NULL, open_words, "dmesg | grep -i kvm may tell more"},
};

const struct cause_table causes_node = {rows, ARRAY_SIZE(rows)};
