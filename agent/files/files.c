/* files.c - both ends of a request for a file: asked for by number, opened by path */
#include "agent/files/files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/files/open.h"
#include "agent/files/program.h"

enum files_ask {
	FILES_ASK_OUTPUT, FILES_ASK_ROTATED, FILES_ASK_SYSLOG, FILES_ASK_STANDARD, /* arg: id of the output */
	FILES_ASK_STATE, FILES_ASK_STATE_BEGIN, FILES_ASK_STATE_END,
	FILES_ASK_PIDFILE,    /* arg: id of the target; value: user */
	FILES_ASK_CONFIG,     /* value: generation */
	FILES_ASK_CONFIG_TAKE, /* arg: generation */
	FILES_ASK_PROGRAM,    /* arg: id of the output */
	FILES_ASK_CONTROL
};

/* ---- asking */

static int ask_why(enum files_ask what, int32_t arg, int32_t *value, char why[FILES_WHY])
{
	struct rights_answer a;

	rights_ask_for(RIGHTS_FILES, what, arg, &a);
	snprintf(why, FILES_WHY, "%s", a.why);
	if (value)
		*value = a.value;
	return rights_fd(&a);
}

int files_open_output(const struct output_config *o, char why[FILES_WHY])
{
	return rights_are_here() ? open_output(o, why) : ask_why(FILES_ASK_OUTPUT, (int32_t)o->id, NULL, why);
}

int files_rotate_output(const struct output_config *o, char why[FILES_WHY])
{
	return rights_are_here() ? open_rotated(o, why) : ask_why(FILES_ASK_ROTATED, (int32_t)o->id, NULL, why);
}

int files_connect_syslog(const struct output_config *o, bool *stream, char why[FILES_WHY])
{
	static struct connections here;
	const struct rights_request r = {.of = RIGHTS_FILES, .what = FILES_ASK_SYSLOG, .arg = (int32_t)o->id, .arg2 = *stream};
	struct rights_answer a;

	why[0] = '\0';
	if (rights_are_here())
		return o->transport == SYSLOG_LOCAL ? open_syslog(o, stream) : connections_ask(&here, o, why);
	rights_ask(&r, &a);
	*stream = a.value;
	snprintf(why, FILES_WHY, "%s", a.why);
	return rights_fd(&a);
}

int files_open_standard(void)
{
	char why[FILES_WHY];

	return rights_are_here() ? open_standard() : ask_why(FILES_ASK_STANDARD, 0, NULL, why);
}

int files_start_program(const struct output_config *o, char why[FILES_WHY])
{
	const struct config none = {0};

	return rights_are_here() ? program_start(&none, o, why) : ask_why(FILES_ASK_PROGRAM, (int32_t)o->id, NULL, why);
}

int files_open_control(const struct config *c, char why[FILES_WHY])
{
	return rights_are_here() ? open_control(c, why) : ask_why(FILES_ASK_CONTROL, 0, NULL, why);
}

int files_open_state(const struct config *c, char why[FILES_WHY])
{
	return rights_are_here() ? open_state(c, why) : ask_why(FILES_ASK_STATE, 0, NULL, why);
}

int files_begin_state(struct files_state *s, const struct config *c, char why[FILES_WHY])
{
	return rights_are_here() ? begin_state(s, c, why) : ask_why(FILES_ASK_STATE_BEGIN, 0, NULL, why);
}

int files_end_state(struct files_state *s, bool whole)
{
	return rights_are_here() ? end_state(s, whole) : rights_tell(RIGHTS_FILES, FILES_ASK_STATE_END, whole);
}

int files_open_pidfile(const struct target_config *t, uid_t *user, char why[FILES_WHY])
{
	int32_t value = 0;

	if (rights_are_here())
		return open_pidfile(t, user, why);
	int fd = ask_why(FILES_ASK_PIDFILE, (int32_t)t->id, &value, why);
	*user = (uid_t)value;
	return fd;
}

int files_open_config(const char *path, config_tell tell, void *ctx, uint32_t *generation)
{
	int32_t value = 0;
	char why[FILES_WHY];

	*generation = 0;
	if (rights_are_here())
		return config_open(path, tell, ctx);
	int fd = ask_why(FILES_ASK_CONFIG, 0, &value, why);
	*generation = (uint32_t)value;
	return fd;
}

void files_take_config(uint32_t generation)
{
	if (!rights_are_here())
		rights_tell(RIGHTS_FILES, FILES_ASK_CONFIG_TAKE, (int32_t)generation);
}

/* ---- answering */

static const struct config *of_generation(const struct files_served *f, uint32_t id)
{
	if (f->next && f->next->generation == CONFIG_GENERATION(id))
		return f->next;
	return f->config->generation == CONFIG_GENERATION(id) ? f->config : NULL;
}

static const struct output_config *output_of(const struct files_served *f, uint32_t id, enum output_type type)
{
	const struct config *c = of_generation(f, id);
	const struct output_config *o = c && CONFIG_INDEX(id) < c->outputs_count ? &c->outputs[CONFIG_INDEX(id)] : NULL;

	return o && o->type == type ? o : NULL;
}

static const struct target_config *target_of(const struct files_served *f, uint32_t id)
{
	const struct config *c = of_generation(f, id);
	const struct target_config *t = c && CONFIG_INDEX(id) < c->targets_count ? &c->targets[CONFIG_INDEX(id)] : NULL;

	return t && t->pidfile ? t : NULL;
}

static int serve_output(struct files_served *f, const struct rights_request *r, struct rights_answer *a)
{
	const struct output_config *file = output_of(f, (uint32_t)r->arg, OUTPUT_FILE), *syslog = output_of(f, (uint32_t)r->arg, OUTPUT_SYSLOG);
	bool stream = r->arg2;

	if (!syslog)
		syslog = output_of(f, (uint32_t)r->arg, OUTPUT_JOURNAL);
	if (r->what == FILES_ASK_SYSLOG && syslog && syslog->transport != SYSLOG_LOCAL)
		return connections_ask(&f->connections, syslog, a->why);
	if (r->what == FILES_ASK_SYSLOG && syslog) {
		int fd = open_syslog(syslog, &stream);
		a->value = stream;
		return fd;
	}
	if (r->what == FILES_ASK_OUTPUT && file)
		return open_output(file, a->why);
	return r->what == FILES_ASK_ROTATED && file && file->keep ? open_rotated(file, a->why) : -EINVAL;
}

/* An engine that was taken over cannot fill the machine with them. */
static bool too_many_programs(struct files_served *f)
{
	struct clock c;

	clock_refresh(&c);
	if (c.now - f->programs_since >= 10 * NSEC_PER_SEC) {
		f->programs_since = c.now;
		f->programs = 0;
	}
	return f->programs++ >= 8 + 4 * f->config->outputs_count;
}

static int serve_program(struct files_served *f, const struct rights_request *r, struct rights_answer *a)
{
	const struct output_config *o = output_of(f, (uint32_t)r->arg, OUTPUT_PROGRAM);

	if (!o)
		return -EINVAL;
	if (too_many_programs(f)) {
		snprintf(a->why, sizeof(a->why), "programs were started too often in these ten seconds");
		return -EAGAIN;
	}
	return program_start(f->config, o, a->why);
}

static int serve_control(struct files_served *f, struct rights_answer *a)
{
	int fd = f->config->control ? open_control(f->config, a->why) : -EINVAL;

	f->has_control = f->has_control || fd >= 0;
	return fd;
}

static int serve_state(struct files_served *f, const struct rights_request *r, struct rights_answer *a)
{
	if (!f->config->state_dir)
		return -EINVAL;
	return r->what == FILES_ASK_STATE ? open_state(f->config, a->why) : begin_state(&f->state, f->config, a->why);
}

static int serve_pidfile(const struct files_served *f, const struct rights_request *r, struct rights_answer *a)
{
	const struct target_config *t = target_of(f, (uint32_t)r->arg);
	uid_t user = 0;
	int fd = t ? open_pidfile(t, &user, a->why) : -EINVAL;

	a->value = (int32_t)user;
	return fd;
}

static void tell_in_log(void *ctx, const char *message)
{
	(void)ctx;
	log_error("%s", message);
}

/* What is parsed here and there is the same text, whoever writes to the file meanwhile; before 3.17 it is the file. */
static int copy_of(int fd)
{
	char buf[4096];
	ssize_t n = 0;
#ifdef SYS_memfd_create
	int copy = (int)syscall(SYS_memfd_create, "agent.ini", 1u); /* MFD_CLOEXEC */
#else
	int copy = -1;
#endif

	if (copy < 0)
		return fd;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (write(copy, buf, (size_t)n) != n)
			break;
	close(fd);
	return copy;
}

static int serve_config(struct files_served *f, struct rights_answer *a)
{
	int fd = config_open(f->config->path, tell_in_log, NULL);

	if (fd < 0)
		return fd;
	fd = copy_of(fd);
	lseek(fd, 0, SEEK_SET);
	FILE *text = fdopen(dup(fd), "r");
	config_free(f->next);
	f->next = NULL;
	int error = text ? config_parse(text, f->config->path, tell_in_log, NULL, &f->next) : -ENOMEM;
	if (text)
		fclose(text);
	lseek(fd, 0, SEEK_SET);
	if (error) {
		close(fd);
		return error;
	}
	config_number(f->next, ++f->generations);
	a->value = (int32_t)f->next->generation;
	return fd;
}

static void take_config(struct files_served *f, uint32_t generation)
{
	if (f->next && f->next->generation == generation) {
		config_keep_fixed(f->next, f->config);
		config_free(f->config);
		f->config = f->next;
	} else {
		config_free(f->next);
	}
	f->next = NULL;
	connections_keep(&f->connections, f->config->generation);
}

void files_serve(struct files_served *f, const struct rights_request *r, struct rights_answer *a)
{
	switch ((enum files_ask)r->what) {
	case FILES_ASK_OUTPUT:
	case FILES_ASK_ROTATED:
	case FILES_ASK_SYSLOG:
		rights_hand_over(a, serve_output(f, r, a));
		return;
	case FILES_ASK_PROGRAM:
		rights_hand_over(a, serve_program(f, r, a));
		return;
	case FILES_ASK_CONTROL:
		rights_hand_over(a, serve_control(f, a));
		return;
	case FILES_ASK_STANDARD:
		rights_hand_over(a, open_standard());
		return;
	case FILES_ASK_STATE:
	case FILES_ASK_STATE_BEGIN:
		rights_hand_over(a, serve_state(f, r, a));
		return;
	case FILES_ASK_STATE_END:
		a->error = end_state(&f->state, r->arg);
		return;
	case FILES_ASK_PIDFILE:
		rights_hand_over(a, serve_pidfile(f, r, a));
		return;
	case FILES_ASK_CONFIG:
		rights_hand_over(a, serve_config(f, a));
		return;
	case FILES_ASK_CONFIG_TAKE:
		take_config(f, (uint32_t)r->arg);
		return;
	}
	a->error = -EINVAL;
}

void files_served_end(struct files_served *f)
{
	end_state(&f->state, false);
	connections_end(&f->connections);
	if (f->has_control)
		remove_control(f->config);
	f->has_control = false;
	config_free(f->next);
	f->next = NULL;
}
