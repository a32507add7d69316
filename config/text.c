/* text.c - values that are text: names, globs, paths, addresses */
#include "config/option.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define HOST_BYTES 253
#define TAG_BYTES 48  /* APP-NAME of RFC 5424 */

static char **text_at(const struct option *o, void *object)
{
	return (char **)(void *)((char *)object + o->at);
}

static const char *text_of(const struct option *o, const void *object)
{
	return *(char *const *)(const void *)((const char *)object + o->at);
}

static int keep_text(char **at, const char *text, size_t len)
{
	char *copy = strndup(text, len);
	if (!copy)
		return -ENOMEM;
	free(*at);
	*at = copy;
	return 0;
}

static int parse_text(const struct option *o, void *object, const char *text, struct wrong *w)
{
	int err = o->check ? o->check(text, w) : 0;
	return err ? err : keep_text(text_at(o, object), text, strlen(text));
}

static void print_text(const struct option *o, const void *object, const struct config *c, FILE *to)
{
	(void)c;
	const char *text = text_of(o, object);
	if (text)
		fputs(text, to);
}

const struct value value_text = { .parse = parse_text, .print = print_text };

static int parse_path(const struct option *o, void *object, const char *text, struct wrong *w)
{
	char shown[PRINTABLE_MAX];
	if ((o->flags & OPTION_NONE) && strcmp(text, "none") == 0) {
		free(*text_at(o, object));
		*text_at(o, object) = NULL;
		return 0;
	}
	if (*text != '/')
		return wrong_set(w, "\"%s\" is no absolute path; begin it with /%s", printable(shown, text),
		                 o->flags & OPTION_NONE ? ", or write none" : "");
	return parse_text(o, object, text, w);
}

static void print_path(const struct option *o, const void *object, const struct config *c, FILE *to)
{
	(void)c;
	const char *text = text_of(o, object);
	if (text || (o->flags & OPTION_NONE))
		fputs(text ? text : "none", to);
}

const struct value value_path = { .parse = parse_path, .print = print_path };

int check_comm(const char *text, struct wrong *w)
{
	char shown[PRINTABLE_MAX];
	size_t len = strlen(text);
	if (len <= (COMM_SIZE - 1) || text[strcspn(text, "*?[\\")])
		return 0;
	printable(shown, text);
	return wrong_set(w, "\"%s\" has %zu bytes and can never match, since the kernel cuts comm at %d; write comm = %.*s and exe = */%s",
	                 shown, len, (COMM_SIZE - 1), (COMM_SIZE - 1), shown, shown);
}

int check_exe(const char *text, struct wrong *w)
{
	char shown[PRINTABLE_MAX];
	if (*text == '/' || *text == '*')
		return 0;
	printable(shown, text);
	return wrong_set(w, "\"%s\" can never match, since exe is the whole path; begin it with / or *, such as */%s", shown, shown);
}

/* Printable ASCII without blanks, which every syslog header can carry. */
static int check_header_field(const char *text, size_t max, struct wrong *w)
{
	char shown[PRINTABLE_MAX];
	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p > '~')
			return wrong_set(w, "\"%s\" cannot stand in a syslog header; use printable ASCII without blanks", printable(shown, text));
	if (strlen(text) > max)
		return wrong_set(w, "\"%s\" is too long; at most %zu bytes", printable(shown, text), max);
	return 0;
}

int check_host(const char *text, struct wrong *w)
{
	return check_header_field(text, HOST_BYTES, w);
}

int check_tag(const char *text, struct wrong *w)
{
	return check_header_field(text, TAG_BYTES, w);
}

int check_socket(const char *text, struct wrong *w)
{
	char shown[PRINTABLE_MAX];
	size_t max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
	if (strlen(text) > max)
		return wrong_set(w, "\"%s\" is too long for a socket; at most %zu bytes", printable(shown, text), max);
	return 0;
}

/* An IPv6 address, which may have a zone: fe80::1%eth0. */
static bool is_ipv6(const char *text, size_t len)
{
	char address[INET6_ADDRSTRLEN] = "";
	struct in6_addr binary;
	const char *zone = memchr(text, '%', len);
	size_t n = zone ? (size_t)(zone - text) : len;

	if (n >= sizeof(address) || (zone && (n + 1 == len || memchr(zone, ' ', len - n) || memchr(zone, '\t', len - n))))
		return false;
	memcpy(address, text, n);
	return inet_pton(AF_INET6, address, &binary) == 1;
}

static bool is_name(const char *text, size_t len)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
	return len > 0 && len <= HOST_BYTES && strspn(text, allowed) >= len;
}

/* 0 if it is none. */
static uint16_t port_of(const char *text)
{
	size_t len = strlen(text);
	if (len == 0 || len > 5 || strspn(text, "0123456789") != len)
		return 0;
	unsigned long port = strtoul(text, NULL, 10);
	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

static const struct word schemes[] = {{ "udp://", SYSLOG_UDP }, { "tcp://", SYSLOG_TCP }, { "relp://", SYSLOG_RELP }, { NULL, 0 }};

static int parse_address(const struct option *o, void *object, const char *text, struct wrong *w)
{
	struct output_config *out = object;
	char shown[PRINTABLE_MAX];
	(void)o;

	printable(shown, text);
	if (strcmp(text, "local") == 0) {
		free(out->host);
		out->host = NULL;
		out->port = 0;
		out->transport = SYSLOG_LOCAL;
		return 0;
	}
	const struct word *scheme = schemes;
	while (scheme->name && strncmp(text, scheme->name, strlen(scheme->name)) != 0)
		scheme++;
	if (!scheme->name)
		return wrong_set(w, "\"%s\" is no address; write local, udp://HOST:PORT, tcp://HOST:PORT or relp://HOST:PORT", shown);

	const char *host = text + strlen(scheme->name), *colon = strrchr(host, ':');
	if (!colon || colon == host || colon[-1] == ':')
		return wrong_set(w, "\"%s\" has no port or no host; write %sHOST:PORT, such as %slog.example.org:514", shown, scheme->name, scheme->name);
	size_t len = (size_t)(colon - host);
	bool brackets = host[0] == '[' && host[len - 1] == ']' && len > 2;
	if (brackets ? !is_ipv6(host + 1, len - 2) : !is_name(host, len))
		return wrong_set(w, "\"%s\" has no valid host; write a name, an IPv4 address, or an IPv6 address in brackets: %s[2001:db8::1]:514",
		                 shown, scheme->name);
	uint16_t port = port_of(colon + 1);
	if (!port)
		return wrong_set(w, "\"%s\" has no valid port; write a number from 1 to 65535", shown);

	int err = keep_text(&out->host, host + brackets, len - 2 * (size_t)brackets);
	if (err)
		return err;
	out->port = port;
	out->transport = (enum syslog_transport)scheme->value;
	return 0;
}

static void print_address(const struct option *o, const void *object, const struct config *c, FILE *to)
{
	const struct output_config *out = object;
	(void)o;
	(void)c;

	if (out->transport == SYSLOG_LOCAL) {
		fputs("local", to);
		return;
	}
	bool brackets = strchr(out->host, ':') != NULL;
	const struct word *scheme = schemes;
	while (scheme->value != (unsigned)out->transport)
		scheme++;
	fprintf(to, "%s%s%s%s:%u", scheme->name, brackets ? "[" : "", out->host, brackets ? "]" : "", out->port);
}

const struct value value_address = { .parse = parse_address, .print = print_address };
