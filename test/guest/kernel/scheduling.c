// Policies, priorities, affinity, niceness and I/O priority as root may set them. One section, named by the argument.
// flags: -w
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "show.h"
#define PART(...) do { pid_t child = fork(); if (child == 0) { __VA_ARGS__; fflush(stdout); _exit(0); } int st; waitpid(child, &st, 0); if (st) printf("status %x\n", st); } while (0)

static int set(pid_t pid, int policy, int priority) { struct sched_param p = {priority}; return syscall(SYS_sched_setscheduler, pid, policy, &p); }
static int param(pid_t pid, int priority) { struct sched_param p = {priority}; return syscall(SYS_sched_setparam, pid, &p); }
static void now(pid_t pid) {
  struct sched_param p = {-7}; struct timespec ts;
  int r = syscall(SYS_sched_getparam, pid, &p);
  if (r < 0) { printf("getparam %s\n", strerrorname_np(errno)); return; }
  sched_rr_get_interval(pid, &ts);
  printf("policy %lx priority %d interval %s\n", syscall(SYS_sched_getscheduler, pid), p.sched_priority, ts.tv_sec == 0 && ts.tv_nsec == 0 ? "none" : ts.tv_nsec == 100000000 ? "100 ms" : ts.tv_nsec < 10000000 ? "short" : "other");
  fflush(stdout);
}

static void policies(void) {
  now(0); now(-1); now(30000);
  for (int policy = -1; policy < 10; policy++) for (int priority = -1; priority < 101; priority += policy == 1 ? 99 : 1) { if (priority > 2 && priority < 98) continue; if (policy == 7) continue; printf("%d %d ", policy, priority); T(set(0, policy, priority)); }
  T(set(0, SCHED_FIFO, 10)); now(0); T(param(0, 20)); now(0); T(param(0, 0)); T(param(0, 100)); PART(now(0));
  T(set(0, SCHED_RR | SCHED_RESET_ON_FORK, 5)); now(0); PART(now(0));
  T(set(0, SCHED_BATCH, 0)); now(0); T(param(0, 1)); T(param(0, 0)); T(set(0, SCHED_IDLE, 0)); now(0); T(set(0, SCHED_OTHER, 0)); now(0);
  T(set(-1, 0, 0)); T(set(30000, 0, 0)); T(syscall(SYS_sched_setscheduler, 0, 0, NULL)); T(syscall(SYS_sched_setscheduler, 0, 0, 8)); T(syscall(SYS_sched_setparam, 0, NULL)); T(syscall(SYS_sched_getparam, 0, NULL)); T(syscall(SYS_sched_getparam, 0, 8)); T(param(-1, 0)); T(param(30000, 0)); T(syscall(SYS_sched_getscheduler, -1)); T(syscall(SYS_sched_getscheduler, 30000));
  for (int policy = -1; policy < 10; policy++) printf("%d %d, ", sched_get_priority_min(policy), sched_get_priority_max(policy));
  struct timespec ts; printf("\n"); T(sched_rr_get_interval(-1, &ts)); T(sched_rr_get_interval(30000, &ts)); T(syscall(SYS_sched_rr_get_interval, 0, 8));
  pid_t other = fork(); if (other == 0) { pause(); _exit(0); }
  T(set(other, SCHED_FIFO, 3)); now(other);
  PART(setuid(1000); T(set(0, SCHED_FIFO, 3)); T(set(0, SCHED_BATCH, 0)); T(set(0, SCHED_IDLE, 0)); T(set(0, SCHED_OTHER, 0)); T(set(other, SCHED_OTHER, 0)); T(param(other, 2)); now(other));
  kill(other, 9); waitpid(other, NULL, 0);
}

struct attr { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t priority; uint64_t runtime, deadline, period; uint32_t min, max; uint64_t more; };
static void attrs(void) {
  struct attr a; memset(&a, 0xff, sizeof a);
  T(syscall(SYS_sched_getattr, 0, &a, 48, 0)); printf("%u %u %lu %d %u\n", a.size, a.policy, a.flags, a.nice, a.priority);
  T(syscall(SYS_sched_getattr, 0, &a, 47, 0)); T(syscall(SYS_sched_getattr, 0, &a, 5000, 0)); T(syscall(SYS_sched_getattr, 0, &a, 48, 1)); T(syscall(SYS_sched_getattr, 0, NULL, 48, 0)); T(syscall(SYS_sched_getattr, -1, &a, 48, 0)); T(syscall(SYS_sched_getattr, 30000, &a, 48, 0)); T(syscall(SYS_sched_getattr, 0, &a, 64, 0)); printf("%u\n", a.size);
  memset(&a, 0, sizeof a); a.size = 48; a.policy = SCHED_RR; a.priority = 7; T(syscall(SYS_sched_setattr, 0, &a, 0)); now(0);
  a.priority = 0; T(syscall(SYS_sched_setattr, 0, &a, 0)); a.policy = 0; a.nice = 5; T(syscall(SYS_sched_setattr, 0, &a, 0)); now(0); printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
  a.flags = 0x100000; T(syscall(SYS_sched_setattr, 0, &a, 0)); a.flags = 0; T(syscall(SYS_sched_setattr, 0, &a, 1)); T(syscall(SYS_sched_setattr, -1, &a, 0)); T(syscall(SYS_sched_setattr, 30000, &a, 0)); T(syscall(SYS_sched_setattr, 0, NULL, 0));
  a.size = 40; T(syscall(SYS_sched_setattr, 0, &a, 0)); printf("%u\n", a.size); a.size = 64; a.more = 1; T(syscall(SYS_sched_setattr, 0, &a, 0)); a.more = 0; a.size = 0; a.nice = 0; T(syscall(SYS_sched_setattr, 0, &a, 0));
  a.size = 48; a.policy = 6; T(syscall(SYS_sched_setattr, 0, &a, 0)); a.runtime = 10000000; a.deadline = a.period = 30000000; T(syscall(SYS_sched_setattr, 0, &a, 0)); memset(&a, 0, sizeof a); T(syscall(SYS_sched_getattr, 0, &a, 48, 0)); printf("%u %lu %lu %lu\n", a.policy, a.runtime, a.deadline, a.period);
}

static void affinity(void) {
  cpu_set_t mask, got; unsigned cpu, node;
  CPU_ZERO(&mask); CPU_SET(1, &mask); T(sched_setaffinity(0, sizeof mask, &mask)); T(sched_getaffinity(0, sizeof got, &got)); printf("%d %d\n", CPU_COUNT(&got), CPU_ISSET(1, &got));
  T(syscall(SYS_getcpu, &cpu, &node, NULL)); printf("%u %u\n", cpu, node); PART(sched_getaffinity(0, sizeof got, &got); printf("%d\n", CPU_COUNT(&got)));
  CPU_ZERO(&mask); T(sched_setaffinity(0, sizeof mask, &mask)); CPU_SET(500, &mask); T(sched_setaffinity(0, sizeof mask, &mask)); CPU_SET(0, &mask); T(sched_setaffinity(0, sizeof mask, &mask)); sched_getaffinity(0, sizeof got, &got); printf("%d\n", CPU_COUNT(&got)); syscall(SYS_getcpu, &cpu, NULL, NULL); printf("%u\n", cpu);
  T(sched_setaffinity(30000, sizeof mask, &mask)); T(sched_getaffinity(30000, sizeof mask, &mask)); T(syscall(SYS_sched_getaffinity, 0, 7, &got)); T(syscall(SYS_sched_getaffinity, 0, 0, &got)); T(syscall(SYS_sched_getaffinity, 0, 8, 8)); T(syscall(SYS_sched_setaffinity, 0, 8, 8)); T(syscall(SYS_sched_setaffinity, 0, 0, &mask)); T(syscall(SYS_sched_getaffinity, -1, 8, &got)); T(syscall(SYS_getcpu, 8, 0, 0));
  PART(int parent = getppid(); setuid(1000); T(sched_setaffinity(parent, sizeof mask, &mask)); T(sched_setaffinity(0, sizeof mask, &mask)));
}

static void nices(void) {
  T(getpriority(PRIO_PROCESS, 0)); T(setpriority(PRIO_PROCESS, 0, 5)); T(syscall(SYS_getpriority, PRIO_PROCESS, 0)); T(setpriority(PRIO_PROCESS, 0, 50)); T(syscall(SYS_getpriority, PRIO_PROCESS, 0)); T(setpriority(PRIO_PROCESS, 0, -50)); T(syscall(SYS_getpriority, PRIO_PROCESS, 0));
  T(setpriority(3, 0, 0)); T(setpriority(-1, 0, 0)); T(setpriority(PRIO_PROCESS, 30000, 0)); T(setpriority(PRIO_PGRP, 30000, 0)); T(setpriority(PRIO_USER, 31111, 0)); T(getpriority(PRIO_USER, 31111)); T(getpriority(PRIO_PROCESS, -1)); T(setpriority(PRIO_PROCESS, 0, 0)); T(getpriority(7, 0));
  PART(setpriority(PRIO_PROCESS, 0, 3); setuid(1000); T(setpriority(PRIO_PROCESS, 0, 2)); T(setpriority(PRIO_PROCESS, 0, 4)); T(setpriority(PRIO_PROCESS, getppid(), 4)); T(nice(-1)); T(nice(1)); T(getpriority(PRIO_USER, 0)));
  T(syscall(SYS_ioprio_get, 1, 0)); T(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 3)); T(syscall(SYS_ioprio_get, 1, 0)); T(syscall(SYS_ioprio_set, 1, 0, 1 << 13 | 3)); T(syscall(SYS_ioprio_get, 1, 0)); T(syscall(SYS_ioprio_set, 1, 0, 3 << 13)); T(syscall(SYS_ioprio_get, 1, 0)); T(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 8)); T(syscall(SYS_ioprio_set, 1, 0, 5 << 13)); T(syscall(SYS_ioprio_set, 1, 0, 4)); T(syscall(SYS_ioprio_set, 1, 0, 0)); T(syscall(SYS_ioprio_get, 1, 0)); T(syscall(SYS_ioprio_get, 1, 30000)); T(syscall(SYS_ioprio_get, 9, 0)); T(syscall(SYS_ioprio_set, 9, 0, 2 << 13)); T(syscall(SYS_ioprio_set, 1, 30000, 2 << 13)); T(syscall(SYS_ioprio_get, 2, 0));
  PART(setuid(1000); T(syscall(SYS_ioprio_set, 1, 0, 1 << 13)); T(syscall(SYS_ioprio_set, 1, getppid(), 2 << 13)));
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (!strcmp(what, "policies")) policies();
  if (!strcmp(what, "attrs")) attrs();
  if (!strcmp(what, "affinity")) affinity();
  if (!strcmp(what, "nices")) nices();
  return 0;
}
