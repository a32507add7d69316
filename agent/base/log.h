/* log.h - the agent's own messages, on stderr: for whoever starts it.  What a full or closed stderr does not take is counted, and told with the next that it takes */
#ifndef EPITAPH_LOG_H
#define EPITAPH_LOG_H

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
