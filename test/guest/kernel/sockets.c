// AF_UNIX sockets. Prints what happened.
// flags: -w -pthread
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int err(long r) { return r < 0 ? -errno : r; }
static struct sockaddr_un un(const char *name, socklen_t *len) {
  struct sockaddr_un a = {AF_UNIX};
  if (*name == '@') { strcpy(a.sun_path + 1, name + 1); *len = offsetof(struct sockaddr_un, sun_path) + strlen(name); }
  else { strcpy(a.sun_path, name); *len = offsetof(struct sockaddr_un, sun_path) + strlen(name) + 1; }
  return a;
}
static int doit(int (*f)(int, const struct sockaddr *, socklen_t), int s, const char *name) {
  socklen_t l;
  struct sockaddr_un a = un(name, &l);
  return err(f(s, (void *)&a, l));
}
static void who(const char *what, int s, int (*f)(int, struct sockaddr *, socklen_t *)) {
  struct sockaddr_un a;
  socklen_t l = sizeof a;
  int r = err(f(s, (void *)&a, &l));
  printf("%s %d len %d", what, r, r ? 0 : l);
  if (!r && l > 2) printf(" %.9s", a.sun_path[0] ? a.sun_path : "abstract");
  printf("\n");
}
static int events(int s, int want) { struct pollfd p = {s, want}; poll(&p, 1, 0); return p.revents; }

static void families(void) {
  printf("raw %d bad type %d proto %d", err(socket(AF_UNIX, SOCK_RAW, 0)) >= 0, err(socket(AF_UNIX, 7, 0)), err(socket(AF_UNIX, SOCK_STREAM, 9)));
  printf(" notsock %d bad %d\n", err(listen(open("/dev/null", O_RDONLY), 1)), err(listen(77, 1)));
  int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  printf("flags %x %x\n", fcntl(s, F_GETFL), fcntl(s, F_GETFD));
  struct stat st;
  fstat(s, &st);
  printf("mode %o\n", st.st_mode);
  printf("nscd %d\n", doit(connect, s, "/var/run/nscd/socket"));
  printf("not a socket %d\n", doit(connect, s, "/etc/passwd"));
  printf("unconnected: read %d write %d poll %x\n", err(read(s, &st, 1)), err(send(s, "x", 1, MSG_NOSIGNAL)), events(s, POLLIN | POLLOUT));
}

static void pairs(void) {
  int s[2], n, t;
  char b[300000];
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  printf("write %d", err(write(s[0], "hello", 5)));
  ioctl(s[1], FIONREAD, &n);
  printf(" FIONREAD %d poll %x\n", n, events(s[1], POLLIN | POLLOUT));
  memset(b, 0, sizeof b);
  printf("peek %d", err(recv(s[1], b, 2, MSG_PEEK)));
  printf(" read %d", err(read(s[1], b, 3))), printf(" %s", b);
  printf(" rest %d", err(read(s[1], b, 9))), printf(" dontwait %d\n", err(recv(s[1], b, 1, MSG_DONTWAIT)));
  write(s[0], "ab", 2), write(s[0], "cd", 2);
  printf("across %d\n", err(read(s[1], b, 10)));
  shutdown(s[0], SHUT_WR);
  printf("shutdown: read %d write %d poll %x\n", err(read(s[1], b, 1)), err(send(s[0], "x", 1, MSG_NOSIGNAL)), events(s[1], POLLIN | POLLRDHUP));
  printf("other way %d", err(write(s[1], "back", 4))), printf(" %d\n", err(read(s[0], b, 9)));
  close(s[0]);
  printf("closed: read %d write %d poll %x\n", err(read(s[1], b, 1)), err(send(s[1], "x", 1, MSG_NOSIGNAL)), events(s[1], POLLIN | POLLRDHUP));
  close(s[1]);
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  if (fork() == 0) {
    close(s[0]);
    long sum = 0;
    while ((n = read(s[1], b, 7777)) > 0) sum += n;
    printf("child got %ld\n", sum);
    _exit(0);
  }
  close(s[1]);
  for (int i = 0; i < 5; i++) write(s[0], b, 300000);
  close(s[0]);
  wait(0);
  int status;
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  close(s[1]);
  if (fork() == 0) { write(s[0], "x", 1); _exit(0); }
  wait(&status);
  printf("SIGPIPE %d\n", WTERMSIG(status));
}

static void datagrams(void) {
  int s[2], n;
  char b[100] = {0};
  socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
  write(s[0], "first", 5), write(s[0], "second", 6), write(s[0], "", 0);
  printf("short %d", err(recv(s[1], b, 3, MSG_TRUNC))), printf(" next %d", err(read(s[1], b, 99))), printf(" empty %d\n", err(read(s[1], b, 99)));
  printf("too big %d\n", err(send(s[0], malloc(1 << 20), 1 << 20, 0)));
  int a = socket(AF_UNIX, SOCK_DGRAM, 0), c = socket(AF_UNIX, SOCK_DGRAM, 0);
  printf("bind %d", doit(bind, a, "@dgram-a")), printf(" again %d", doit(bind, a, "@x")), printf(" taken %d\n", doit(bind, c, "@dgram-a"));
  doit(bind, c, "@dgram-c");
  socklen_t l;
  struct sockaddr_un to = un("@dgram-a", &l), from = {0};
  printf("sendto %d", err(sendto(c, "hi", 2, 0, (void *)&to, l)));
  l = sizeof from;
  printf(" recvfrom %d", err(recvfrom(a, b, 99, 0, (void *)&from, &l))), printf(" from %s\n", from.sun_path + 1);
  printf("nobody %d\n", (to = un("@nobody", &l), err(sendto(c, "hi", 2, 0, (void *)&to, l))));
  printf("connect %d", doit(connect, c, "@dgram-a")), printf(" send %d\n", err(send(c, "x", 1, 0)));
  printf("stream to dgram %d\n", doit(connect, socket(AF_UNIX, SOCK_STREAM, 0), "@dgram-a"));
  socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s);
  write(s[0], "one", 3), write(s[0], "two!", 4);
  printf("seqpacket %d", err(read(s[1], b, 99))), printf(" %d\n", err(read(s[1], b, 99)));
  close(s[0]);
  printf("end %d\n", err(read(s[1], b, 9)));
}

static void servers(void) {
  char name[] = "/tmp/sockXXXXXX", b[10];
  mktemp(name);
  int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
  printf("listen unbound %d\n", err(listen(l, 1)));
  printf("bind %d", doit(bind, l, name)), printf(" taken %d\n", doit(bind, c, name));
  struct stat st;
  stat(name, &st);
  printf("mode %o refused %d\n", st.st_mode, doit(connect, c, name));
  printf("listen %d\n", err(listen(l, 1)));
  printf("connect %d", doit(connect, c, name)), printf(" again %d", doit(connect, c, name)), printf(" poll %x\n", events(l, POLLIN));
  printf("early write %d\n", err(write(c, "early", 5)));
  struct sockaddr_un a;
  socklen_t len = sizeof a;
  int s = accept4(l, (void *)&a, &len, SOCK_CLOEXEC);
  printf("accept %d len %d read %d\n", s >= 0, len, err(read(s, b, 10)));
  struct ucred cr;
  len = sizeof cr;
  getsockopt(c, SOL_SOCKET, SO_PEERCRED, &cr, &len);
  printf("peercred %d %d len %d\n", cr.pid == getpid(), cr.uid == getuid(), len);
  int v;
  len = sizeof v;
  getsockopt(l, SOL_SOCKET, SO_ACCEPTCONN, &v, &len);
  printf("acceptconn %d", v), getsockopt(l, SOL_SOCKET, SO_TYPE, &v, &len), printf(" type %d", v), getsockopt(l, SOL_SOCKET, SO_DOMAIN, &v, &len), printf(" domain %d badopt %d level %d\n", v, err(getsockopt(l, SOL_SOCKET, 9999, &v, &len)), err(getsockopt(l, 6, 1, &v, &len)));
  who("own", l, getsockname) , who("client", c, getsockname), who("peer", s, getpeername);
  fcntl(l, F_SETFL, O_NONBLOCK);
  printf("accept none %d\n", err(accept(l, 0, 0)));
  int n = 0, x;
  fcntl(x = socket(AF_UNIX, SOCK_STREAM, 0), F_SETFL, O_NONBLOCK);
  while (doit(connect, x, name) == 0) n++, fcntl(x = socket(AF_UNIX, SOCK_STREAM, 0), F_SETFL, O_NONBLOCK);
  printf("backlog %d", n), printf(" then %d\n", doit(connect, x, name));
  unlink(name);
  printf("unlinked %d\n", doit(connect, x, name));
  close(l);
  printf("refused %d\n", doit(connect, socket(AF_UNIX, SOCK_STREAM, 0), "@none"));
  if (fork() == 0) {
    int l = socket(AF_UNIX, SOCK_STREAM, 0);
    doit(bind, l, "@server");
    listen(l, 5);
    for (int i = 0; i < 3; i++) { int s = accept(l, 0, 0); n = read(s, b, 10); write(s, b, n); close(s); }
    _exit(0);
  }
  for (int i = 0; i < 3; i++) {
    int c = socket(AF_UNIX, SOCK_STREAM, 0);
    while (doit(connect, c, "@server")) usleep(1000);
    write(c, "echo", 4);
    printf("echo %d\n", err(recv(c, b, 10, MSG_WAITALL)));
    close(c);
  }
  wait(0);
}

static void rights(void) {
  int s[2], p[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  pipe(p);
  char control[64], b[8] = {0};
  struct iovec iov = {"F", 1};
  struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(8)};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(8);
  memcpy(CMSG_DATA(c), p, 8);
  printf("sendmsg %d\n", err(sendmsg(s[0], &m, 0)));
  close(p[0]), close(p[1]);
  iov = (struct iovec){b, 8};
  m = (struct msghdr){.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  printf("recvmsg %d", err(recvmsg(s[1], &m, MSG_CMSG_CLOEXEC)));
  c = CMSG_FIRSTHDR(&m);
  memcpy(p, CMSG_DATA(c), 8);
  printf(" controllen %zu len %zu type %d flags %x\n", m.msg_controllen, c->cmsg_len, c->cmsg_type, m.msg_flags & ~MSG_CMSG_CLOEXEC);
  printf("cloexec %d works %d", fcntl(p[0], F_GETFD), err(write(p[1], "through", 7))), printf(" %d\n", err(read(p[0], b, 8)));
  int one = 1;
  setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &one, 4);
  write(s[0], "c", 1);
  m.msg_controllen = sizeof control;
  recvmsg(s[1], &m, 0);
  c = CMSG_FIRSTHDR(&m);
  struct ucred *cr = (void *)CMSG_DATA(c);
  printf("credentials type %d len %zu pid %d\n", c->cmsg_type, c->cmsg_len, cr->pid == getpid());
  // lost in flight: the pipe's last writer goes with the socket
  pipe(p);
  c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(4), m.msg_controllen = CMSG_SPACE(4);
  memcpy(CMSG_DATA(c), p + 1, 4);
  iov = (struct iovec){"G", 1};
  sendmsg(s[0], &m, 0);
  close(p[1]);
  close(s[0]), close(s[1]);
  printf("lost in flight: %d\n", err(read(p[0], b, 1)));
  m.msg_controllen = CMSG_SPACE(4), *(int *)CMSG_DATA(c) = 999;
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  printf("bad descriptor %d\n", err(sendmsg(s[0], &m, 0)));
}

static void timeouts(void) {
  int s[2];
  char c;
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  struct timeval tv = {0, 20000};
  setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
  printf("timeout %d\n", err(recv(s[0], &c, 1, 0)));
  int e = epoll_create1(0);
  struct epoll_event ev = {EPOLLIN | EPOLLET};
  epoll_ctl(e, EPOLL_CTL_ADD, s[0], &ev);
  if (fork() == 0) { usleep(10000); write(s[1], "x", 1); _exit(0); }
  printf("epoll %d\n", err(epoll_wait(e, &ev, 1, 3000)));
  wait(0);
}

int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IONBF, 0);
  const char *only = argc > 1 ? argv[1] : "";
#define RUN(f) if (!*only || !strcmp(only, #f)) { printf("== " #f "\n"); f(); }
  RUN(families) RUN(pairs) RUN(datagrams) RUN(servers) RUN(rights) RUN(timeouts)
  return 0;
}
