/* A plugin for qemu 7.2 that counts the instructions which the emulated program retires and writes one line,
 * "instructions N", to qemu's log when the program ends:
 *
 *   gcc -shared -fPIC -o count_instructions.so count_instructions.c
 *   qemu-aarch64 -plugin ./count_instructions.so -d plugin -D log.txt PROGRAM
 *
 * The counter is one for all threads and is not atomic: exact for programs with one thread, and then the same in every
 * run. Debian ships no qemu-plugin.h, so the part of the interface that is used is declared here. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define EXPORTED __attribute__((visibility("default")))

/* ---- from qemu: what it calls here and what it offers ---- */

typedef uint64_t qemu_plugin_id_t;
struct qemu_info_t;    /* about the target; not looked at */
struct qemu_plugin_tb; /* a block of guest code that was just translated */
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 = 0 };

typedef void (*block_translated)(qemu_plugin_id_t id, struct qemu_plugin_tb *block);
typedef void (*program_ended)(qemu_plugin_id_t id, void *user);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, block_translated callback);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, program_ended callback, void *user);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, enum qemu_plugin_op op, void *counter,
                                              uint64_t amount);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
void qemu_plugin_outs(const char *text);

/* The version of the interface that this file was written for; qemu refuses a plugin that is too new or too old. */
EXPORTED int qemu_plugin_version = 1;

/* ---- the plugin ---- */

static uint64_t executed;

/* Once per block: from now on each run through it adds its length. A block is left early by a signal or a fault only.
 */
static void count_block(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  (void)id;
  qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &executed, qemu_plugin_tb_n_insns(block));
}

static void report(qemu_plugin_id_t id, void *user) {
  char line[64];
  (void)id;
  (void)user;
  snprintf(line, sizeof line, "instructions %llu\n", (unsigned long long)executed);
  qemu_plugin_outs(line);
}

EXPORTED int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv) {
  (void)info;
  (void)argc;
  (void)argv;
  qemu_plugin_register_vcpu_tb_trans_cb(id, count_block);
  qemu_plugin_register_atexit_cb(id, report, NULL);
  return 0;
}
