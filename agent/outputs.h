/* outputs.h - the agent's outputs: opened, handed on at a reload, closed with a word on what they could not write */
#ifndef EPITAPH_OUTPUTS_H
#define EPITAPH_OUTPUTS_H

struct agent;
struct config;
struct output_config;
struct sink;

/*
 * Opens c's outputs but for those that go on from the running ones.  0 or
 * -errno, and then nothing stays open and *failed is the one at fault, or NULL.
 */
int  outputs_open(struct agent *a, struct config *c, struct sink **out, const struct output_config **failed);
/* Moves those of a->sinks that go on into sinks, with all that they hold and count, and reopens them. */
void outputs_take_over(struct agent *a, const struct config *c, struct sink *sinks);
/* What one could not write is told to a->sinks, if these are others, and in the log. */
void outputs_close(struct agent *a, struct sink *sinks, unsigned count);

#endif
