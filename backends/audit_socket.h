/* audit_socket.h - the socket on which audit records arrive: opened, filtered, joined, and asked from */
#ifndef EPITAPH_AUDIT_SOCKET_H
#define EPITAPH_AUDIT_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Opens the socket, not blocking, 8 MiB of buffer, with a filter in the kernel
 * that passes only the record types that are read (PATH if with_paths) and
 * answers to requests.  Nothing arrives until it is registered or joined.  A
 * descriptor or -errno.
 */
int audit_socket_open(bool with_paths);
int audit_socket_filter(int fd, bool with_paths); /* replaces the filter */

/* The multicast group AUDIT_NLGRP_READLOG (3.16, CAP_AUDIT_READ). */
int audit_socket_join(int fd);
int audit_socket_leave(int fd);

/* Registers this process as the audit daemon, its records to that very socket, or with 0 gives that up.  0 or -errno of sending it. */
int audit_socket_send_pid(int fd, uint32_t pid, uint32_t seq);
/* The kernel's answer to that request, which is there when it has been sent; records before it are dropped.  0 or -errno. */
int audit_socket_answer(int fd, uint32_t seq);

#endif
