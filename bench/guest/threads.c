// Threads, signals and what processes say to each other, each measured alone: prints "name nanoseconds" lines, as syscalls.c does.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4, CONNECTIONS = 100 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static volatile long counter;
static volatile int turn;

static void *nothing(void *unused) { return unused; }

static void create_join(long n) {
  for (long k = 0; k < n; k++) {
    pthread_t thread;
    pthread_create(&thread, 0, nothing, 0);
    pthread_join(thread, 0);
  }
}

static void lock_unlock(long n) {
  for (long k = 0; k < n; k++) {
    pthread_mutex_lock(&lock);
    counter++;
    pthread_mutex_unlock(&lock);
  }
}

static void *lock_unlock_thread(void *n) {
  lock_unlock((long)n);
  return 0;
}

// A turn is one lock and unlock by one of the threads.
static void contended(long n) {
  pthread_t threads[THREADS];
  for (int t = 0; t < THREADS; t++) pthread_create(threads + t, 0, lock_unlock_thread, (void *)(n / THREADS));
  for (int t = 0; t < THREADS; t++) pthread_join(threads[t], 0);
}

static void take_turns(int me, long n) {
  for (long k = 0; k < n; k++) {
    pthread_mutex_lock(&lock);
    while (turn != me) pthread_cond_wait(&turned, &lock);
    turn = !me;
    pthread_cond_signal(&turned);
    pthread_mutex_unlock(&lock);
  }
}

static void *other_turns(void *n) {
  take_turns(1, (long)n);
  return 0;
}

// There and back.
static void condition_ping_pong(long n) {
  pthread_t other;
  turn = 0;
  pthread_create(&other, 0, other_turns, (void *)n);
  take_turns(0, n);
  pthread_join(other, 0);
}

static void on_signal(int signal) { counter += signal; }

static void signal_self(long n) {
  signal(SIGUSR1, on_signal);
  for (long k = 0; k < n; k++) raise(SIGUSR1);
}

static void echo_until_closed(int fd) {
  char c;
  while (read(fd, &c, 1) == 1) write(fd, &c, 1);
  _exit(0);
}

static void socket_ping_pong(long n) {
  int pair[2];
  char c = 1;
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  pid_t pid = fork();
  if (pid == 0) {
    close(pair[0]);
    echo_until_closed(pair[1]);
  }
  close(pair[1]);
  for (long k = 0; k < n; k++) {
    write(pair[0], &c, 1);
    read(pair[0], &c, 1);
  }
  close(pair[0]);
  waitpid(pid, 0, 0);
}

static void serve(int (*pairs)[2]) {
  int epoll = epoll_create1(0);
  for (int i = 0; i < CONNECTIONS; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = pairs[i][1]};
    close(pairs[i][0]);
    epoll_ctl(epoll, EPOLL_CTL_ADD, pairs[i][1], &event);
  }
  for (int open = CONNECTIONS; open > 0;) {
    struct epoll_event events[16];
    int ready = epoll_wait(epoll, events, 16, -1);
    for (int i = 0; i < ready; i++) {
      char c;
      if (read(events[i].data.fd, &c, 1) == 1) write(events[i].data.fd, &c, 1);
      else open--, close(events[i].data.fd);
    }
  }
  _exit(0);
}

// One request and its answer; every connection has one under way.
static void epoll_echo(long n) {
  int pairs[CONNECTIONS][2];
  char c = 1;
  for (int i = 0; i < CONNECTIONS; i++) socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]);
  pid_t pid = fork();
  if (pid == 0) serve(pairs);
  for (int i = 0; i < CONNECTIONS; i++) close(pairs[i][1]);
  for (long k = 0; k < n; k += CONNECTIONS) {
    for (int i = 0; i < CONNECTIONS; i++) write(pairs[i][0], &c, 1);
    for (int i = 0; i < CONNECTIONS; i++) read(pairs[i][0], &c, 1);
  }
  for (int i = 0; i < CONNECTIONS; i++) close(pairs[i][0]);
  waitpid(pid, 0, 0);
}

static const struct { const char *name; void (*run)(long n); double budget; } cases[] = {
  {"thread create+join", create_join, 6e8},     {"mutex", lock_unlock, 6e8},
  {"mutex of 4 threads", contended, 6e8},       {"condition ping-pong", condition_ping_pong, 6e8},
  {"signal to oneself", signal_self, 6e8},      {"unix-socket ping-pong", socket_ping_pong, 6e8},
  {"epoll echo, 100 sockets", epoll_echo, 6e8},
};

int main(int argc, char **argv) {
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (argc > 1 && !strstr(cases[i].name, argv[1])) continue;
    double spent = 0;
    long n = 128;
    for (;; n *= 2) {
      double start = now();
      cases[i].run(n);
      spent = now() - start;
      if (spent > cases[i].budget) break;
    }
    printf("%s\t%.1f\n", cases[i].name, spent / n);
    fflush(stdout);
  }
  return 0;
}
