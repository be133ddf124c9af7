// flags: -pthread
// Locked instructions of four threads on the same memory: aligned, misaligned, over a cache line, over a page. Each
// location's end is known only if no update is lost.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

enum { THREADS = 4, TURNS = 2003 };
static unsigned char *memory;

/* Offsets of the locations, by how they lie; the page boundary is at 4096. */
static const struct { const char *name; int at; } PLACES[] = {
  {"aligned", 64}, {"by 1", 257}, {"by 3", 515}, {"over a line", 1024 + 61}, {"over a line by 7", 2048 + 57}, {"over a page", 4096 - 3},
};
enum { PLACES_COUNT = sizeof PLACES / sizeof *PLACES };
static pthread_barrier_t barrier;

#define LOCKED(what, T, at, ...) __asm__ volatile("lock " what : "+m"(*(T *)(at)) : __VA_ARGS__ : "cc", "memory")

static void turn16(unsigned char *p) { LOCKED("addw %1, %0", uint16_t, p, "r"((uint16_t)3)); }
static void turn32(unsigned char *p) { LOCKED("incl %0", uint32_t, p, "i"(0)); }
static void turn64(unsigned char *p) { LOCKED("subq %1, %0", uint64_t, p, "r"(5ul)); }
static void turn_xadd(unsigned char *p) {
  uint64_t one = 1;
  __asm__ volatile("lock xaddq %1, %0" : "+m"(*(uint64_t *)p), "+r"(one) : : "cc", "memory");
}
static void turn_cmpxchg(unsigned char *p) {
  uint32_t old = *(volatile uint32_t *)p, seen;
  for (;; old = seen) {
    seen = old;
    __asm__ volatile("lock cmpxchgl %2, %1" : "+a"(seen), "+m"(*(uint32_t *)p) : "r"(old + 7) : "cc", "memory");
    if (seen == old) return;
  }
}
static void turn_cmpxchg8b(unsigned char *p) {
  uint64_t old = 0;
  unsigned char done;
  do {
    uint64_t next = old + 11;
    uint32_t low = old, high = old >> 32;
    __asm__ volatile("lock cmpxchg8b %0\n sete %3" : "+m"(*(uint64_t *)p), "+a"(low), "+d"(high), "=q"(done)
                     : "b"((uint32_t)next), "c"((uint32_t)(next >> 32)) : "cc", "memory");
    old = (uint64_t)high << 32 | low;
  } while (!done);
}
/* a lock taken by xchg, which needs no prefix, guards a plain addition */
static void turn_xchg(unsigned char *p) {
  uint32_t taken;
  do {
    taken = 1;
    __asm__ volatile("xchgl %0, %1" : "+r"(taken), "+m"(*(uint32_t *)p) : : "memory");
    if (taken) __asm__ volatile("pause");
  } while (taken);
  ++*(volatile uint32_t *)(p + 4);
  __asm__ volatile("" ::: "memory");
  taken = 0;
  __asm__ volatile("xchgl %0, %1" : "+r"(taken), "+m"(*(uint32_t *)p) : : "memory");
}
/* each thread owns some bits */
static void turn_bits(unsigned char *p, int thread, int turn) {
  uint32_t bit = thread * 8 + turn % 8;
  LOCKED("btcl %1, %0", uint32_t, p, "r"(bit));
  uint32_t mask = 1u << (thread * 8);
  LOCKED("xorl %1, %0", uint32_t, p + 4, "r"(mask));
}

static const struct { const char *name; void (*turn)(unsigned char *); } OPERATIONS[] = {
  {"add 16", turn16}, {"inc 32", turn32}, {"sub 64", turn64}, {"xadd 64", turn_xadd},
  {"cmpxchg 32", turn_cmpxchg}, {"cmpxchg8b", turn_cmpxchg8b}, {"xchg", turn_xchg}, {"bits", 0},
};
enum { OPERATIONS_COUNT = sizeof OPERATIONS / sizeof *OPERATIONS };

/* cmpxchg16b has to be aligned */
static void turn_cmpxchg16b(unsigned char *p) {
  uint64_t low = 0, high = 0;
  unsigned char done;
  do
    __asm__ volatile("lock cmpxchg16b %0\n sete %3" : "+m"(*(__int128 *)p), "+a"(low), "+d"(high), "=q"(done)
                     : "b"(low + 1), "c"(high - 1) : "cc", "memory");
  while (!done);
}

static void *thread(void *number) {
  int self = (int)(intptr_t)number;
  for (int o = 0; o < OPERATIONS_COUNT; o++)
    for (int i = 0; i < PLACES_COUNT; i++) {
      unsigned char *p = memory + o * 8192 + PLACES[i].at;
      pthread_barrier_wait(&barrier);
      for (int turn = 0; turn < TURNS; turn++)
        if (OPERATIONS[o].turn) OPERATIONS[o].turn(p);
        else turn_bits(p, self, turn);
    }
  pthread_barrier_wait(&barrier);
  for (int turn = 0; turn < TURNS; turn++) turn_cmpxchg16b(memory + OPERATIONS_COUNT * 8192);
  return 0;
}

int main(void) {
  memory = mmap(0, (OPERATIONS_COUNT + 1) * 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  pthread_barrier_init(&barrier, 0, THREADS);
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], 0, thread, (void *)(intptr_t)i);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], 0);
  for (int o = 0; o < OPERATIONS_COUNT; o++)
    for (int i = 0; i < PLACES_COUNT; i++) {
      uint64_t end;
      __builtin_memcpy(&end, memory + o * 8192 + PLACES[i].at, 8);
      printf("%s, %s: %llx\n", OPERATIONS[o].name, PLACES[i].name, (unsigned long long)end);
    }
  uint64_t *pair = (uint64_t *)(memory + OPERATIONS_COUNT * 8192);
  printf("cmpxchg16b: %llx %llx\n", (unsigned long long)pair[0], (unsigned long long)pair[1]);
  return 0;
}
