/* audit_saved.h - audit's settings as they were before the agent, kept where a killed agent's successor finds them */
#ifndef EPITAPH_AUDIT_SAVED_H
#define EPITAPH_AUDIT_SAVED_H

struct backend;

/*
 * An audit backend was opened.  Where the settings are those that a killed
 * agent left, the ones that it had found are taken over from
 * STATE_DIR/audit-found; then that file is written for our own successor.
 * Nothing is done with state_dir = none or beside another epitaph.
 */
void audit_saved_opened(struct backend *b);
/* The backend's open failed: a file that was written at this open is removed. */
void audit_saved_failed(const struct backend *b);
/* The backend was closed and has put the settings back: the file is removed. */
void audit_saved_closed(const struct backend *b);

#endif
