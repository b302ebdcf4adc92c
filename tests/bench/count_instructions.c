/* A plugin for QEMU 7.2 that counts the instructions retired by the emulated program. When the program ends, it writes
 * one line, "instructions N", to QEMU's log:
 *
 *   gcc -shared -fPIC -o count_instructions.so count_instructions.c
 *   qemu-aarch64 -plugin ./count_instructions.so -d plugin -D log.txt PROGRAM
 *
 * With -plugin ./count_instructions.so,groups=FILE it also writes "instructions of GROUP N" for each group. Each line
 * of FILE is "ADDRESS SIZE GROUP" for one function, in hexadecimal, in ascending order of addresses. Code outside these
 * functions counts toward the group that was entered last, so a shared helper counts toward its caller.
 *
 * With gaps=ADDRESS, the address of a function in hexadecimal, it also writes "longest gap N": the most instructions
 * from one call of that function to the next.
 *
 * All threads share the counters, which are not atomic. For a program with one thread the counts are exact and the same
 * in every run. Debian does not package qemu-plugin.h, so the parts of the interface used here are declared below. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))

/* ---- QEMU's plugin interface ---- */

typedef uint64_t qemu_plugin_id_t;
struct qemu_info_t;    /* about the target; not used */
struct qemu_plugin_tb; /* a block of guest code that has just been translated */
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 = 0 };
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS = 0 };

typedef void (*block_translated)(qemu_plugin_id_t id, struct qemu_plugin_tb *block);
typedef void (*block_executed)(unsigned int cpu, void *user);
typedef void (*program_ended)(qemu_plugin_id_t id, void *user);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, block_translated callback);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, program_ended callback, void *user);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, enum qemu_plugin_op op, void *counter,
                                              uint64_t amount);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, block_executed callback,
                                          enum qemu_plugin_cb_flags flags, void *user);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *block);
void qemu_plugin_outs(const char *text);

/* The version of the interface that this file was written for. QEMU refuses plugins that are too new or too old. */
EXPORTED int qemu_plugin_version = 1;

/* ---- the plugin ---- */

enum { MOST_RANGES = 4096, MOST_GROUPS = 64 };

struct range {
  uint64_t begin, end;
  size_t group;
};

static uint64_t executed;
static struct range ranges[MOST_RANGES];
static size_t range_count;
static char names[MOST_GROUPS][32] = {"none"}; /* before the first group is entered */
static uint64_t executed_of[MOST_GROUPS];
static size_t group_count = 1, entered;
static uint64_t mark, marked_at, longest_gap; /* mark: the address of the function, or 0 */
static int marked;

/* The group of an address, or 0 if it has none. */
static size_t group_at(uint64_t address) {
  size_t low = 0, high = range_count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (ranges[middle].end <= address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < range_count && address >= ranges[low].begin ? ranges[low].group : 0;
}

static void enter_block(unsigned int cpu, void *user) {
  const uint64_t *block = user;
  (void)cpu;
  if (block[0] != 0) entered = block[0];
  executed_of[entered] += block[1];
}

static void end_gap(unsigned int cpu, void *user) {
  (void)cpu;
  (void)user;
  if (marked && executed - marked_at > longest_gap) longest_gap = executed - marked_at;
  marked = 1;
  marked_at = executed;
}

/* Called once per block. From now on each execution of the block adds its length. Only a signal or a fault can leave a
 * block early. */
static void count_block(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  const uint64_t length = qemu_plugin_tb_n_insns(block);
  (void)id;
  qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &executed, length);
  if (mark != 0 && qemu_plugin_tb_vaddr(block) == mark) {
    qemu_plugin_register_vcpu_tb_exec_cb(block, end_gap, QEMU_PLUGIN_CB_NO_REGS, NULL);
  }
  if (range_count != 0) {
    uint64_t *group_and_length =
        malloc(2 * sizeof *group_and_length); /* never freed: QEMU may run the block until the end */
    if (group_and_length == NULL) abort();
    group_and_length[0] = group_at(qemu_plugin_tb_vaddr(block));
    group_and_length[1] = length;
    qemu_plugin_register_vcpu_tb_exec_cb(block, enter_block, QEMU_PLUGIN_CB_NO_REGS, group_and_length);
  }
}

static void report(qemu_plugin_id_t id, void *user) {
  char line[96];
  (void)id;
  (void)user;
  snprintf(line, sizeof line, "instructions %llu\n", (unsigned long long)executed);
  qemu_plugin_outs(line);
  if (mark != 0) {
    snprintf(line, sizeof line, "longest gap %llu\n", (unsigned long long)longest_gap);
    qemu_plugin_outs(line);
  }
  for (size_t i = 0; range_count != 0 && i < group_count; ++i) {
    snprintf(line, sizeof line, "instructions of %s %llu\n", names[i], (unsigned long long)executed_of[i]);
    qemu_plugin_outs(line);
  }
}

/* The index of a group, which is added if it is new; 0 if there are too many. */
static size_t group_named(const char *name) {
  for (size_t i = 1; i < group_count; ++i) {
    if (strcmp(names[i], name) == 0) return i;
  }
  if (group_count == MOST_GROUPS) return 0;
  strcpy(names[group_count], name);
  return group_count++;
}

static int read_groups(const char *path) {
  FILE *file = fopen(path, "r");
  unsigned long long begin, size;
  char name[sizeof *names];
  if (file == NULL) return -1;
  while (range_count < MOST_RANGES && fscanf(file, "%llx %llx %31s", &begin, &size, name) == 3) {
    const struct range range = {begin, begin + size, group_named(name)};
    if (range.group == 0) break;
    ranges[range_count++] = range;
  }
  const int whole = feof(file);
  fclose(file);
  return whole && range_count != 0 ? 0 : -1;
}

EXPORTED int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv) {
  static const char groups[] = "groups=", gaps[] = "gaps=";
  (void)info;
  for (int i = 0; i < argc; ++i) {
    if (strncmp(argv[i], gaps, strlen(gaps)) == 0) {
      mark = strtoull(argv[i] + strlen(gaps), NULL, 16);
      if (mark == 0) return -1;
    } else if (strncmp(argv[i], groups, strlen(groups)) != 0 || read_groups(argv[i] + strlen(groups)) != 0) {
      return -1;
    }
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, count_block);
  qemu_plugin_register_atexit_cb(id, report, NULL);
  return 0;
}
