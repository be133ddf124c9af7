// Futexes with an owner (FUTEX_LOCK_PI), and mutexes with PTHREAD_PRIO_INHERIT that threads fight for.
// flags: -w
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "show.h"
static int pi(uint32_t *w, int op, struct timespec *t) { return syscall(SYS_futex, w, op, 0, t, 0, 0); }

static pthread_mutex_t m;
static long counter;
static void *fight(void *arg) { for (int i = 0; i < 2000; i++) { pthread_mutex_lock(&m); counter++; if (i % 50 == 0) sched_yield(); pthread_mutex_unlock(&m); } return arg; }
static void *hold(void *arg) { pi(arg, FUTEX_LOCK_PI, NULL); usleep(50000); pi(arg, FUTEX_UNLOCK_PI, NULL); return NULL; }

int main(void) {
  uint32_t w = 0; struct timespec past = {1, 0}, bad = {0, -1}, t;
  T(pi(&w, FUTEX_LOCK_PI, NULL)); printf("%d\n", w == (uint32_t)gettid()); T(pi(&w, FUTEX_LOCK_PI, NULL)); T(pi(&w, FUTEX_TRYLOCK_PI, NULL)); T(pi(&w, FUTEX_UNLOCK_PI, NULL)); printf("%u\n", w); T(pi(&w, FUTEX_UNLOCK_PI, NULL)); T(pi(&w, FUTEX_TRYLOCK_PI, NULL)); T(pi(&w, FUTEX_UNLOCK_PI, NULL)); w = 32001; T(pi(&w, FUTEX_LOCK_PI, NULL)); w = 0; T(pi((void *)8, FUTEX_LOCK_PI, NULL)); T(pi((void *)((char *)&w + 1), FUTEX_LOCK_PI, NULL)); T(pi(&w, FUTEX_LOCK_PI, &bad));
  pthread_t a, b; pthread_create(&a, NULL, hold, &w); while (!*(volatile uint32_t *)&w) ; T(pi(&w, FUTEX_TRYLOCK_PI, NULL)); T(pi(&w, FUTEX_LOCK_PI, &past)); clock_gettime(CLOCK_REALTIME, &t); t.tv_nsec += 1000000; if (t.tv_nsec >= 1000000000) t.tv_sec++, t.tv_nsec -= 1000000000; T(pi(&w, FUTEX_LOCK_PI, &t)); T(pi(&w, FUTEX_LOCK_PI, NULL)); printf("%d\n", (w & FUTEX_TID_MASK) == (uint32_t)gettid()); T(pi(&w, FUTEX_UNLOCK_PI, NULL)); pthread_join(a, NULL); printf("%u\n", w);
  pthread_mutexattr_t at; pthread_mutexattr_init(&at); printf("%d\n", pthread_mutexattr_setprotocol(&at, PTHREAD_PRIO_INHERIT)); pthread_mutexattr_settype(&at, PTHREAD_MUTEX_ERRORCHECK); printf("%d\n", pthread_mutex_init(&m, &at)); pthread_create(&a, NULL, fight, NULL); pthread_create(&b, NULL, fight, NULL); fight(NULL); pthread_join(a, NULL); pthread_join(b, NULL); printf("%ld\n", counter); pthread_mutex_lock(&m); printf("%s\n", strerrorname_np(pthread_mutex_lock(&m))); pthread_mutex_unlock(&m);
  pthread_mutexattr_setpshared(&at, PTHREAD_PROCESS_SHARED); pthread_mutexattr_setrobust(&at, PTHREAD_MUTEX_ROBUST); pthread_mutex_t *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0); printf("%d\n", pthread_mutex_init(s, &at)); if (fork() == 0) { pthread_mutex_lock(s); _exit(0); } wait(NULL); printf("%s\n", strerrorname_np(pthread_mutex_lock(s))); printf("%d\n", pthread_mutex_consistent(s)); printf("%d\n", pthread_mutex_unlock(s));
  return 0;
}
