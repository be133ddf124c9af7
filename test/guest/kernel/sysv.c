// SysV semaphores and message queues: results and errno of good and bad calls. One section, named by the argument.
// flags: -w
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "show.h"
#define OK(call) show(#call, (call) < 0 ? -1 : 0)

union semun { int val; struct semid_ds *buf; unsigned short *array; struct seminfo *info; };
static void handler(int sig) { (void)sig; }
/* Until the child sleeps in its call (20 seconds at most). */
static void asleep(pid_t child) {
  char path[40], text[256] = "";
  snprintf(path, sizeof path, "/proc/%d/stat", child);
  for (int tries = 0; tries < 1000; tries++) {
    usleep(20000);
    FILE *f = fopen(path, "r");
    if (f) { fgets(text, sizeof text, f); fclose(f); }
    char *after = strrchr(text, ')');
    if (after && after[2] == 'S') return;
  }
}

static int op(int id, int num, int by, int flags) {
  struct sembuf b = {num, by, flags};
  return semop(id, &b, 1);
}

static void sems(void) {
  int key = 0x5e4d0000 + getpid(), i;
  T(semget(key, 3, 0600));
  T(semget(key, 0, IPC_CREAT | 0600));
  T(semget(IPC_PRIVATE, -1, 0600));
  T(semget(IPC_PRIVATE, 32001, 0600));
  int id = semget(key, 3, IPC_CREAT | IPC_EXCL | 0640);
  printf("made %d\n", id >= 0);
  T(semget(key, 3, IPC_CREAT | IPC_EXCL | 0600));
  printf("same %d\n", semget(key, 0, 0) == id);
  T(semget(key, 4, 0));
  struct semid_ds ds;
  T(semctl(id, 0, IPC_STAT, (union semun){.buf = &ds}));
  printf("mode %o nsems %lu otime %d ctime %d uid %d cuid %d key %d\n", ds.sem_perm.mode, ds.sem_nsems, ds.sem_otime != 0,
         ds.sem_ctime != 0, ds.sem_perm.uid, ds.sem_perm.cuid, ds.sem_perm.__key == key);
  ds.sem_perm.mode = 0666; ds.sem_perm.uid = 77;
  T(semctl(id, 0, IPC_SET, (union semun){.buf = &ds}));
  T(semctl(id, 0, IPC_STAT, (union semun){.buf = &ds}));
  printf("mode %o uid %d cuid %d\n", ds.sem_perm.mode, ds.sem_perm.uid, ds.sem_perm.cuid);
  T(semctl(id, 0, IPC_STAT, (union semun){.buf = (void *)8}));
  unsigned short all[3] = {1, 2, 3}, back[3] = {0};
  T(semctl(id, 0, SETALL, (union semun){.array = all}));
  T(semctl(id, 0, GETALL, (union semun){.array = back}));
  printf("%d %d %d\n", back[0], back[1], back[2]);
  all[1] = 40000;
  T(semctl(id, 0, SETALL, (union semun){.array = all}));
  T(semctl(id, 1, SETVAL, (union semun){.val = -1}));
  T(semctl(id, 1, SETVAL, (union semun){.val = 32768}));
  T(semctl(id, 3, SETVAL, (union semun){.val = 1}));
  T(semctl(id, -1, GETVAL));
  T(semctl(id, 1, SETVAL, (union semun){.val = 5}));
  T(semctl(id, 1, GETVAL));
  printf("pid %d\n", semctl(id, 1, GETPID) == getpid());
  T(semctl(id, 0, 99));
  T(semctl(-1, 0, GETVAL));
  T(semctl(id + 1000, 0, GETVAL));
  T(op(id, 0, -2, IPC_NOWAIT));
  T(op(id, 0, 0, IPC_NOWAIT));
  T(op(id, 0, 32767, 0));
  T(op(id, 3, 1, 0));
  T(op(-1, 0, 1, 0));
  T(semop(id, NULL, 0));
  T(semop(id, (void *)8, 1));
  struct sembuf many[501];
  memset(many, 0, sizeof many);
  T(semop(id, many, 501));
  struct sembuf two[2] = {{0, -1, 0}, {1, -9, IPC_NOWAIT}};
  T(semop(id, two, 2));
  T(semctl(id, 0, GETVAL));
  struct timespec ts = {0, 20000000}, bad = {0, -1};
  struct sembuf wait_more = {0, -5, 0};
  T(semtimedop(id, &wait_more, 1, &ts));
  T(semtimedop(id, &wait_more, 1, &bad));
  struct seminfo info;
  memset(&info, 0, sizeof info);
  OK(semctl(0, 0, IPC_INFO, (union semun){.info = &info}));
  printf("%d %d %d %d %d %d %d %d %d %d\n", info.semmap, info.semmni, info.semmns, info.semmnu, info.semmsl, info.semopm,
         info.semume, info.semusz, info.semvmx, info.semaem);
  int top = semctl(0, 0, SEM_INFO, (union semun){.info = &info});
  for (i = 0; i <= top; i++) if (semctl(i, 0, SEM_STAT, (union semun){.buf = &ds}) == id) printf("found by slot\n");
  T(semctl(id, 0, IPC_RMID));
  T(semctl(id, 0, IPC_RMID));
  T(op(id, 0, 1, 0));
}

static void sem_waits(void) {
  int id = semget(IPC_PRIVATE, 2, 0600), status;
  pid_t child = fork();
  if (child == 0) { int r = op(id, 0, -2, 0); _exit(r < 0 ? errno : 0); }
  asleep(child);
  T(semctl(id, 0, GETNCNT)); T(semctl(id, 0, GETZCNT));
  op(id, 0, 1, 0); asleep(child);
  T(semctl(id, 0, GETNCNT));
  op(id, 0, 1, 0);
  waitpid(child, &status, 0);
  printf("woken %x, value %d, pid %d\n", status, semctl(id, 0, GETVAL), semctl(id, 0, GETPID) == child);
  op(id, 1, 1, 0);
  child = fork();
  if (child == 0) { int r = op(id, 1, 0, 0); _exit(r < 0 ? errno : 0); }
  asleep(child);
  T(semctl(id, 1, GETZCNT));
  op(id, 1, -1, 0);
  waitpid(child, &status, 0);
  printf("zero %x\n", status);
  child = fork();
  if (child == 0) {
    struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &sa, NULL);
    int r = op(id, 0, -1, 0); _exit(r < 0 ? errno : 0);
  }
  asleep(child); kill(child, SIGUSR1); waitpid(child, &status, 0);
  printf("interrupted %s\n", strerrorname_np(WEXITSTATUS(status)));
  child = fork();
  if (child == 0) { op(id, 0, 5, SEM_UNDO); op(id, 0, -2, SEM_UNDO); op(id, 1, 3, 0); op(id, 1, -1, SEM_UNDO); printf("in %d %d\n", semctl(id, 0, GETVAL), semctl(id, 1, GETVAL)); fflush(stdout); _exit(0); }
  waitpid(child, &status, 0);
  printf("undone %d %d\n", semctl(id, 0, GETVAL), semctl(id, 1, GETVAL));
  child = fork();
  if (child == 0) { op(id, 0, 4, SEM_UNDO); semctl(id, 0, SETVAL, (union semun){.val = 9}); _exit(0); }
  waitpid(child, &status, 0);
  printf("forgotten %d\n", semctl(id, 0, GETVAL));
  semctl(id, 0, SETVAL, (union semun){.val = 0});
  child = fork();
  if (child == 0) { int r = op(id, 0, -1, 0); _exit(r < 0 ? errno : 0); }
  asleep(child);
  T(semctl(id, 0, IPC_RMID));
  waitpid(child, &status, 0);
  printf("removed %s\n", strerrorname_np(WEXITSTATUS(status)));
}

struct msg { long type; char text[64]; };

static void msgs(void) {
  int key = 0x4d5e0000 + getpid(), i;
  T(msgget(key, 0600));
  int id = msgget(key, IPC_CREAT | IPC_EXCL | 0600);
  printf("made %d same %d\n", id >= 0, msgget(key, 0) == id);
  T(msgget(key, IPC_CREAT | IPC_EXCL | 0600));
  struct msg m = {3, "three"};
  T(msgsnd(id, &m, 6, 0));
  m = (struct msg){1, "one"}; T(msgsnd(id, &m, 4, 0));
  m = (struct msg){2, ""}; T(msgsnd(id, &m, 0, 0));
  m = (struct msg){1, "uno"}; T(msgsnd(id, &m, 4, 0));
  m.type = 0; T(msgsnd(id, &m, 4, 0));
  m.type = -1; T(msgsnd(id, &m, 4, 0));
  m.type = 1; T(msgsnd(id, &m, -1, 0));
  T(msgsnd(id, &m, 8193, 0));
  T(msgsnd(-1, &m, 4, 0));
  T(msgsnd(id, (void *)8, 4, 0));
  struct msqid_ds ds;
  T(msgctl(id, IPC_STAT, &ds));
  printf("qnum %lu cbytes %lu qbytes %lu lspid %d lrpid %d stime %d rtime %d mode %o\n", ds.msg_qnum, ds.__msg_cbytes, ds.msg_qbytes,
         ds.msg_lspid == getpid(), ds.msg_lrpid, ds.msg_stime != 0, ds.msg_rtime != 0, ds.msg_perm.mode);
  T(msgrcv(id, &m, 2, 3, 0));
  T(msgrcv(id, &m, 2, 3, MSG_NOERROR)); printf("%ld %.2s\n", m.type, m.text);
  T(msgrcv(id, &m, 64, -2, 0)); printf("%ld %s\n", m.type, m.text);
  T(msgrcv(id, &m, 64, 1, MSG_EXCEPT)); printf("%ld\n", m.type);
  T(msgrcv(id, &m, 64, 7, IPC_NOWAIT));
  T(msgrcv(id, &m, -1, 0, 0));
  T(msgrcv(-1, &m, 64, 0, 0));
  T(msgrcv(id, &m, 64, 0, MSG_COPY));
  T(msgrcv(id, &m, 64, 0, MSG_COPY | IPC_NOWAIT)); printf("%ld %s\n", m.type, m.text);
  T(msgrcv(id, &m, 64, 0, 0)); printf("%ld %s\n", m.type, m.text);
  T(msgrcv(id, &m, 64, 0, IPC_NOWAIT));
  T(msgctl(id, IPC_STAT, (void *)8));
  T(msgctl(id, 99, &ds));
  T(msgctl(-1, IPC_STAT, &ds));
  ds.msg_qbytes = 10; ds.msg_perm.mode = 0444;
  T(msgctl(id, IPC_SET, &ds));
  m = (struct msg){1, "abcdefgh"};
  T(msgsnd(id, &m, 8, IPC_NOWAIT)); T(msgsnd(id, &m, 8, IPC_NOWAIT));
  struct msginfo info;
  OK(msgctl(0, IPC_INFO, (struct msqid_ds *)&info));
  printf("%d %d %d %d %d %d %d %d\n", info.msgpool, info.msgmap, info.msgmax, info.msgmnb, info.msgmni, info.msgssz, info.msgtql, info.msgseg);
  int top = msgctl(0, MSG_INFO, (struct msqid_ds *)&info);
  for (i = 0; i <= top; i++) if (msgctl(i, MSG_STAT, &ds) == id) printf("found by slot\n");
  pid_t child = fork();
  if (child == 0) { setuid(65534); T(msgrcv(id, &m, 64, 0, IPC_NOWAIT)); T(msgsnd(id, &m, 1, IPC_NOWAIT)); T(msgctl(id, IPC_RMID, NULL)); _exit(0); }
  waitpid(child, NULL, 0);
  T(msgctl(id, IPC_RMID, NULL)); T(msgctl(id, IPC_RMID, NULL)); T(msgsnd(id, &m, 8, 0));
}

static void msg_waits(void) {
  int id = msgget(IPC_PRIVATE, 0600), status;
  struct msg m = {5, "hello"};
  pid_t child = fork();
  if (child == 0) { long n = msgrcv(id, &m, 64, 9, 0); printf("got %ld %ld %s\n", n, m.type, m.text); fflush(stdout); _exit(0); }
  asleep(child);
  msgsnd(id, &m, 6, 0); m.type = 9; msgsnd(id, &m, 6, 0);
  waitpid(child, &status, 0);
  for (int n = 0; n < 2; n++) {
    child = fork();
    if (child == 0) {
      struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART};
      sigaction(SIGUSR1, &sa, NULL);
      long r = msgrcv(id, &m, 64, 77, 0); _exit(r < 0 ? errno : 0);
    }
    asleep(child);
    if (n == 0) kill(child, SIGUSR1); else T(msgctl(id, IPC_RMID, NULL));
    waitpid(child, &status, 0);
    printf("%s\n", strerrorname_np(WEXITSTATUS(status)));
  }
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (!strcmp(what, "sems")) sems();
  if (!strcmp(what, "sem_waits")) sem_waits();
  if (!strcmp(what, "msgs")) msgs();
  if (!strcmp(what, "msg_waits")) msg_waits();
  return 0;
}
