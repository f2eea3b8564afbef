/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands of stalemate(1). Each takes its own argv and returns an exit
 * status.
 */
#ifndef SM_CLI_H
#define SM_CLI_H

int sm_probe_command(int argc, char **argv);
int sm_list_command(int argc, char **argv);
int sm_run_command(int argc, char **argv);
int sm_matrix_command(int argc, char **argv);
int sm_bench_command(int argc, char **argv);
int sm_report_command(int argc, char **argv);
int sm_history_command(int argc, char **argv);

/**
 * sm_cli_catalogue() - hand the tables, once they are filled, to the sessions
 */
void sm_cli_catalogue(void);

#endif /* SM_CLI_H */
