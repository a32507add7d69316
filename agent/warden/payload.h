/* payload.h - what somebody who took the engine over would try; in a build with FAULTS=1 alone */
#ifndef EPITAPH_PAYLOAD_H
#define EPITAPH_PAYLOAD_H

void payload_prepare(void); /* before the filter */
/* Does what EPITAPH_FAULT_PAYLOAD names, and writes on stderr how it went: "payload NAME: refused: WHY" or "payload NAME: DONE". */
void payload_run(void);

#endif
