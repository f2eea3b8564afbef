/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes of a run: all of them are forked and waited for here.
 *
 * Each is killed by the kernel when its parent goes, however that ends. Strictly
 * it is when the *thread* that forked it ends, and that is the right moment too:
 * whoever forks a child here waits for it before he ends himself, and one that
 * he gave up in vain (see struct sm_child_end.left) is nobody's any more.
 */
#ifndef SM_CHILD_H
#define SM_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct sm_patience;

/**
 * struct sm_child_end - how a child ended
 * @status: as waitpid() has it, unless @left
 * @state: if it had to be killed, what it did until then, by the letter of
 *	/proc/PID/stat; else 0
 * @left: killing it was of no use: it hangs in the kernel
 */
struct sm_child_end {
	int status;
	char state;
	bool left;
};

pid_t sm_child_fork(void);
int sm_child_wait(pid_t pid, struct sm_child_end *end, struct sm_patience *p);
int sm_child_stop(pid_t pid, int *status, struct sm_patience *p);
const char *sm_child_tell(const struct sm_child_end *end);

#endif /* SM_CHILD_H */
