/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BERTH_GUARD_DESCENDANTS_H
#define BERTH_GUARD_DESCENDANTS_H

#include <sys/types.h>

/*
 * Every process below this one. With PR_SET_CHILD_SUBREAPER none can leave: whose parent dies
 * becomes a direct child.
 */

/* SIGKILL to all that can be seen now. One that forks at the same moment is seen by the next call:
   to be repeated until waitpid says ECHILD, which alone proves that none is left. */
void descendants_kill(void);

/* A direct child, dead or alive; 0 if none is seen. */
pid_t descendants_first_child(void);

#endif
