/* cgroup.h - what a cgroup's path says of who runs in it: a unit of systemd, a container */
#ifndef EPITAPH_CGROUP_H
#define EPITAPH_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

#define CGROUP_NAME 128 /* longer names are none */

/*
 * The innermost service or scope of systemd: "nginx.service" of
 * "/system.slice/nginx.service".  False if there is none.
 * (systemd's cgroup-util.c: the unit is a path component with that suffix.)
 */
bool cgroup_unit(const char *cgroup, char name[CGROUP_NAME]);
/*
 * The innermost container: 64 hexadecimal digits as docker, containerd, podman,
 * CRI-O and Kubernetes have them, in a component of their own or as in
 * "docker-ID.scope"; or the name of a container of lxc.  False if there is none.
 */
bool cgroup_container_id(const char *cgroup, char id[CGROUP_NAME]);

#endif
