// futex(2): raw operations, and what pthreads make of them. Prints what happened.
// flags: -w -pthread
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int err(long r) { return r < 0 ? -errno : r; }
static int futex(void *a, int op, int v, void *t, void *b, int v3) { return err(syscall(SYS_futex, a, op, v, t, b, v3)); }
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e3 + t.tv_nsec / 1e6; }
static atomic_int word, second, woken;

static void raw(void) {
  struct timespec ts = {0, 20000000}, bad = {0, 1000000000};
  printf("value %d\n", futex(&word, FUTEX_WAIT_PRIVATE, 1, 0, 0, 0));
  double t = now();
  printf("timeout %d", futex(&word, FUTEX_WAIT_PRIVATE, 0, &ts, 0, 0)), printf(" %d\n", now() - t >= 19);
  clock_gettime(CLOCK_MONOTONIC, &ts);
  printf("past %d", futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 0, &ts, 0, -1));
  clock_gettime(CLOCK_REALTIME, &ts);
  printf(" realtime %d\n", futex(&word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0, &ts, 0, -1));
  printf("bad time %d misaligned %d null %d bitset %d op %d\n", futex(&word, FUTEX_WAIT, 0, &bad, 0, 0), futex((char *)&word + 1, FUTEX_WAIT, 0, 0, 0, 0), futex(0, FUTEX_WAIT, 0, 0, 0, 0), futex(&word, FUTEX_WAIT_BITSET, 0, 0, 0, 0), futex(&word, 99, 0, 0, 0, 0));
  printf("wake nobody %d, misaligned %d\n", futex(&word, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0), futex((char *)&word + 2, FUTEX_WAKE, 1, 0, 0, 0));
  printf("cmp_requeue %d requeue %d\n", futex(&word, FUTEX_CMP_REQUEUE, 1, 0, &second, 7), futex(&word, FUTEX_REQUEUE, 1, (void *)1, &second, 0));
  word = 5, second = 10;
  printf("wake_op %d", futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &second, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 10))), printf(" second %d\n", second);
  futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &second, FUTEX_OP(FUTEX_OP_OPARG_SHIFT | FUTEX_OP_OR, 4, FUTEX_OP_CMP_LT, -1)), printf("shifted %d\n", second);
}

static atomic_int started;
static void *sleeper(void *bits) {
  started++;
  int r = bits ? futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 0, 0, 0, (intptr_t)bits) : futex(&word, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0);
  if (r == 0) woken++;
  return 0;
}
static int wait_for(int n) { for (int i = 0; i < 2000 && woken != n; i++) usleep(500); return woken; }

static void wait_started(int n) { while (started < n) usleep(1000); started = 0, usleep(200000); }

static void waking(void) {
  pthread_t t[6];
  word = 0, woken = 0;
  for (int i = 0; i < 6; i++) pthread_create(&t[i], 0, sleeper, 0);
  wait_started(6);
  int n = futex(&word, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
  printf("wake 1: %d", n), printf(" woken %d\n", wait_for(1));
  printf("requeue: %d\n", futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)2, &second, 0));
  printf("woken %d", wait_for(2)), printf(" wake rest %d", futex(&word, FUTEX_WAKE_PRIVATE, 99, 0, 0, 0)), printf(" moved ones %d", futex(&second, FUTEX_WAKE_PRIVATE, 99, 0, 0, 0)), printf(" all %d\n", wait_for(6));
  for (int i = 0; i < 6; i++) pthread_join(t[i], 0);
  woken = 0;
  for (int i = 0; i < 2; i++) pthread_create(&t[i], 0, sleeper, (void *)(intptr_t)(1 << i));
  wait_started(2);
  for (int b = 4; b; b >>= 1) printf("bitset %d: %d\n", b, futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 9, 0, 0, b));
  for (int i = 0; i < 2; i++) pthread_join(t[i], 0);
}

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static long counter;
static int turn;
static void *adder(void *arg) { for (int i = 0; i < 20000; i++) { pthread_mutex_lock(&m); counter++; pthread_mutex_unlock(&m); } return 0; }
static void *player(void *arg) {
  for (int i = 0; i < 300; i++) {
    pthread_mutex_lock(&m);
    while (turn != (intptr_t)arg) pthread_cond_wait(&c, &m);
    turn = (turn + 1) % 3;
    pthread_cond_broadcast(&c);
    pthread_mutex_unlock(&m);
  }
  return 0;
}

static void mutexes(void) {
  pthread_t t[4];
  for (int i = 0; i < 4; i++) pthread_create(&t[i], 0, adder, 0);
  for (int i = 0; i < 4; i++) pthread_join(t[i], 0);
  printf("counter %ld\n", counter);
  for (intptr_t i = 0; i < 3; i++) pthread_create(&t[i], 0, player, (void *)i);
  for (int i = 0; i < 3; i++) pthread_join(t[i], 0);
  printf("turn %d\n", turn);
  struct timespec at;
  clock_gettime(CLOCK_REALTIME, &at);
  at.tv_nsec += 10000000;
  if (at.tv_nsec >= 1000000000) at.tv_sec++, at.tv_nsec -= 1000000000;
  pthread_mutex_lock(&m);
  printf("timedwait %d timedlock %d\n", pthread_cond_timedwait(&c, &m, &at), pthread_mutex_timedlock(&m, &at));
  pthread_mutex_unlock(&m);
  sem_t s;
  sem_init(&s, 0, 2);
  sem_wait(&s), sem_wait(&s);
  printf("sem %d %d\n", err(sem_trywait(&s)), err(sem_timedwait(&s, &at)));
}

static pthread_barrier_t barrier;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static atomic_long sum;
static void *phases(void *arg) {
  for (int i = 0; i < 50; i++) {
    pthread_rwlock_rdlock(&rw), sum++, pthread_rwlock_unlock(&rw);
    pthread_barrier_wait(&barrier);
  }
  return arg;
}
static pthread_mutex_t robust;
static void *dies(void *arg) { pthread_mutex_lock(&robust); return 0; }

static void others(void) {
  pthread_t t[4];
  pthread_barrier_init(&barrier, 0, 4);
  for (intptr_t i = 0; i < 4; i++) pthread_create(&t[i], 0, phases, (void *)i);
  long total = 0;
  for (int i = 0; i < 4; i++) { void *r; pthread_join(t[i], &r); total += (intptr_t)r; }
  printf("barrier %ld results %ld\n", sum, total);
  pthread_mutexattr_t a;
  pthread_mutexattr_init(&a);
  pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&robust, &a);
  pthread_create(t, 0, dies, 0);
  pthread_join(*t, 0);
  printf("owner died %d", pthread_mutex_lock(&robust)), printf(" consistent %d\n", pthread_mutex_consistent(&robust));
  pthread_mutex_unlock(&robust);
  for (int i = 0; i < 100; i++) { pthread_create(t, 0, dies, 0); pthread_cancel(*t); pthread_join(*t, 0); if (pthread_mutex_trylock(&robust) == EOWNERDEAD) pthread_mutex_consistent(&robust); pthread_mutex_unlock(&robust); }
  printf("created and joined\n");
}

#define RUN(f) if (!strcmp(*argv, #f)) { printf("== " #f "\n"); f(); }
int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IONBF, 0);
  while (*++argv) { RUN(raw) RUN(waking) RUN(mutexes) RUN(others) }
}
