// TCP and UDP over loopback: results and errno of good and bad calls. One section, named by the argument.
// flags: -w
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int file; // no socket (standard output may be one)

#include "show.h"
#define OK(call) show(#call, (call) < 0 ? -1 : 0)

static struct sockaddr_in at(const char *ip, int port) { struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)}; inet_pton(AF_INET, ip, &a.sin_addr); return a; }
static struct sockaddr_in6 at6(const char *ip, int port) { struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)}; inet_pton(AF_INET6, ip, &a.sin6_addr); return a; }
#define A(x) (struct sockaddr *)&(x), sizeof(x)
static int port_of(int fd) { struct sockaddr_in6 a; socklen_t n = sizeof a; getsockname(fd, (void *)&a, &n); return ntohs(a.sin6_port); }
static void name(const char *what, int fd, int (*get)(int, struct sockaddr *, socklen_t *)) {
  struct sockaddr_storage s; socklen_t n = sizeof s; char ip[64] = "";
  if (get(fd, (void *)&s, &n) < 0) { printf("%s %s\n", what, strerrorname_np(errno)); return; }
  int v6 = s.ss_family == AF_INET6;
  inet_ntop(s.ss_family, v6 ? (void *)&((struct sockaddr_in6 *)&s)->sin6_addr : (void *)&((struct sockaddr_in *)&s)->sin_addr, ip, sizeof ip);
  int port = ntohs(((struct sockaddr_in *)&s)->sin_port);
  printf("%s family %d len %d %s %s\n", what, s.ss_family, n, ip, port == 0 ? "no port" : port >= 32768 && port < 61000 ? "ephemeral" : "port");
  fflush(stdout);
}
static void look(int fd) { struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDHUP, 0}; int r = poll(&p, 1, 0); printf("poll %d %x\n", r, p.revents); fflush(stdout); }
static int opt(int fd, int level, int option) { int v = -7; socklen_t n = sizeof v; return getsockopt(fd, level, option, &v, &n) < 0 ? -1 : v; }
static int put(int fd, int level, int option, int v) { return setsockopt(fd, level, option, &v, sizeof v); }

static void kinds(void) {
  int types[][3] = {{0, 1, 0}, {2, 75, 0}, {2, 3, 0}, {2, 2, 17}, {2, 1, 17}, {2, 2, 6}, {2, 1, 6}, {2, 1, 1}, {2, 5, 0}, {10, 1, 0}, {10, 2, 0}, {2, 1, 300}, {2, 4, 0}, {2, 1, -1}, {99, 1, 0}, {-1, 1, 0}, {16, 3, 0}, {16, 1, 0}, {2, 0, 0}};
  for (unsigned i = 0; i < sizeof types / sizeof *types; i++) { int fd = socket(types[i][0], types[i][1], types[i][2]); printf("%d %d %d: %s\n", types[i][0], types[i][1], types[i][2], fd < 0 ? strerrorname_np(errno) : "ok"); if (fd >= 0) { printf("type %d protocol %d domain %d\n", opt(fd, SOL_SOCKET, SO_TYPE), opt(fd, SOL_SOCKET, SO_PROTOCOL), opt(fd, SOL_SOCKET, SO_DOMAIN)); close(fd); } }
  int two[2]; T(socketpair(AF_INET, SOCK_STREAM, 0, two)); T(socketpair(AF_INET, SOCK_DGRAM, 17, two)); T(socketpair(AF_INET, SOCK_STREAM, 17, two));
}

static void binds(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), other = socket(AF_INET, SOCK_STREAM, 0), six = socket(AF_INET6, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in a = at("127.0.0.1", 0), far = at("8.8.8.8", 0); struct sockaddr_un un = {AF_UNIX, "x"};
  name("unbound", fd, getsockname); name("unbound", six, getsockname); T(bind(fd, (void *)&a, 10)); T(bind(fd, A(far))); T(bind(fd, A(un))); T(bind(fd, (void *)8, 16)); T(bind(file, A(a))); T(bind(-1, A(a)));
  T(bind(fd, A(a))); name("bound", fd, getsockname); T(bind(fd, A(a)));
  a = at("127.0.0.1", port_of(fd)); T(bind(other, A(a))); T(bind(udp, A(a))); T(put(other, SOL_SOCKET, SO_REUSEADDR, 1)); T(bind(other, A(a))); T(put(fd, SOL_SOCKET, SO_REUSEADDR, 1)); T(bind(other, A(a)));
  T(listen(fd, 5)); T(listen(udp, 5)); a = at("127.0.0.2", port_of(fd)); int third = socket(AF_INET, SOCK_STREAM, 0); T(bind(third, A(a))); struct sockaddr_in any = at("0.0.0.0", port_of(fd)); int fourth = socket(AF_INET, SOCK_STREAM, 0); T(bind(fourth, A(any)));
  struct sockaddr_in6 a6 = at6("::", port_of(fd)); T(bind(six, A(a6))); T(put(six, IPPROTO_IPV6, IPV6_V6ONLY, 1)); T(bind(six, A(a6))); name("six", six, getsockname); T(bind(socket(AF_INET6, SOCK_STREAM, 0), A(a)));
  int auto_fd = socket(AF_INET, SOCK_STREAM, 0); T(listen(auto_fd, 1)); name("auto", auto_fd, getsockname);
  pid_t child = fork(); if (child == 0) { setuid(1000); a = at("127.0.0.1", 80); T(bind(socket(AF_INET, SOCK_STREAM, 0), A(a))); _exit(0); } waitpid(child, NULL, 0);
}

static void streams(void) {
  signal(SIGPIPE, SIG_IGN);
  char buf[64]; int l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0); struct sockaddr_in a = at("127.0.0.1", 0), b; socklen_t n = sizeof b;
  T(accept(l, NULL, NULL)); T(recv(c, buf, 1, 0)); T(send(c, "x", 1, 0)); T(shutdown(c, SHUT_RDWR)); look(c); name("peer", c, getpeername);
  bind(l, A(a)); a = at("127.0.0.1", port_of(l)); T(connect(c, A(a))); close(c); c = socket(AF_INET, SOCK_STREAM, 0); listen(l, 5);
  T(connect(c, (void *)&a, 3)); T(connect(c, (void *)8, 16)); struct sockaddr_un un = {AF_UNIX, "x"}; T(connect(c, (void *)&un, 16)); T(connect(c, A(a))); T(connect(c, A(a))); look(l);
  int s = accept(l, (void *)&b, &n); printf("len %d from %s same port %d\n", n, inet_ntoa(b.sin_addr), ntohs(b.sin_port) == port_of(c)); name("own", s, getsockname); name("peer", s, getpeername); name("peer", c, getpeername); look(c); look(s);
  T(send(c, "hello", 5, 0)); look(s); T(recv(s, buf, 3, MSG_PEEK)); T(ioctl(s, FIONREAD, &n)); printf("%d\n", n); T(recv(s, buf, 64, 0)); T(recv(s, buf, 64, MSG_DONTWAIT)); T(recv(s, buf, 1, MSG_OOB)); T(recv(s, buf, 1, MSG_ERRQUEUE));
  n = sizeof b; T(sendto(c, "to", 2, 0, (void *)&b, sizeof b)); T(recvfrom(s, buf, 64, 0, (void *)&b, &n)); printf("len %d\n", n);
  struct ucred cred; n = sizeof cred; T(getsockopt(s, SOL_SOCKET, SO_PEERCRED, &cred, &n)); printf("%d %d\n", cred.pid, cred.uid);
  T(shutdown(c, SHUT_WR)); look(s); look(c); T(recv(s, buf, 64, 0)); T(send(c, "x", 1, 0)); T(send(s, "back", 4, 0)); T(recv(c, buf, 64, 0)); close(s); look(c); T(recv(c, buf, 64, 0)); close(c);
  c = socket(AF_INET, SOCK_STREAM, 0); connect(c, A(a)); s = accept(l, NULL, NULL); close(s); T(send(c, "x", 1, 0)); usleep(10000); T(send(c, "x", 1, 0)); T(send(c, "x", 1, 0)); T(recv(c, buf, 1, 0)); close(c);
  c = socket(AF_INET, SOCK_STREAM, 0); connect(c, A(a)); s = accept(l, NULL, NULL); send(c, "unread", 6, 0); usleep(10000); close(s); usleep(10000); look(c); T(opt(c, SOL_SOCKET, SO_ERROR)); close(c);
  c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0); T(connect(c, A(a))); usleep(10000); look(c); T(connect(c, A(a))); T(connect(c, A(a))); T(opt(c, SOL_SOCKET, SO_ERROR)); close(c);
  close(l); c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0); T(connect(c, A(a))); usleep(10000); look(c); T(opt(c, SOL_SOCKET, SO_ERROR)); T(opt(c, SOL_SOCKET, SO_ERROR)); close(c);
}

static void dual(void) {
  int l = socket(AF_INET6, SOCK_STREAM, 0); struct sockaddr_in6 a6 = at6("::", 0); bind(l, A(a6)); listen(l, 5); int port = port_of(l); struct sockaddr_in a = at("127.0.0.1", port); a6 = at6("::1", port); struct sockaddr_in6 m = at6("::ffff:127.0.0.1", port);
  int c = socket(AF_INET, SOCK_STREAM, 0); T(connect(c, A(a))); int s = accept(l, NULL, NULL); name("own", s, getsockname); name("peer", s, getpeername); close(c); close(s);
  c = socket(AF_INET6, SOCK_STREAM, 0); T(connect(c, A(a6))); s = accept(l, NULL, NULL); name("own", s, getsockname); name("peer", s, getpeername); name("client", c, getsockname); close(c); close(s);
  c = socket(AF_INET6, SOCK_STREAM, 0); T(connect(c, A(m))); s = accept(l, NULL, NULL); name("peer", s, getpeername); name("client", c, getsockname); close(c); close(s);
  c = socket(AF_INET, SOCK_STREAM, 0); a = at("0.0.0.0", port); T(connect(c, A(a))); name("peer", c, getpeername);
}

static void datagrams(void) {
  char buf[64]; int x = socket(AF_INET, SOCK_DGRAM, 0), y = socket(AF_INET, SOCK_DGRAM, 0); struct sockaddr_in a = at("127.0.0.1", 0), b; socklen_t n = sizeof b;
  T(send(x, "x", 1, 0)); T(recv(x, buf, 1, MSG_DONTWAIT)); look(x); bind(y, A(a)); a = at("127.0.0.1", port_of(y)); T(sendto(x, "hello", 5, 0, A(a))); look(y); name("auto", x, getsockname);
  T(recvfrom(y, buf, 3, 0, (void *)&b, &n)); printf("len %d %s %d\n", n, inet_ntoa(b.sin_addr), ntohs(b.sin_port) == port_of(x)); T(sendto(x, "", 0, 0, A(a))); T(recv(y, buf, 64, 0)); T(sendto(x, "x", 1, MSG_OOB, A(a))); T(sendto(x, "x", 1, 0, (void *)&a, 5)); static char big[70000]; T(sendto(x, big, 70000, 0, A(a))); T(sendto(x, big, 40000, 0, A(a))); T(recv(y, big, 70000, MSG_TRUNC)); T(sendto(x, "longer", 6, 0, A(a))); T(recv(y, buf, 2, MSG_TRUNC));
  T(connect(x, A(a))); name("peer", x, getpeername); name("own", x, getsockname); T(send(x, "conn", 4, 0)); T(read(y, buf, 64)); T(shutdown(y, SHUT_RD)); T(connect(x, (void *)&(struct sockaddr){AF_UNSPEC}, sizeof(struct sockaddr))); name("peer", x, getpeername);
  close(y); connect(x, A(a)); T(send(x, "x", 1, 0)); usleep(10000); look(x); T(send(x, "x", 1, 0)); T(opt(x, SOL_SOCKET, SO_ERROR));
}

static void options(void) {
  int t = socket(AF_INET, SOCK_STREAM, 0), u = socket(AF_INET, SOCK_DGRAM, 0), v; socklen_t n = sizeof v;
  T(opt(t, IPPROTO_TCP, TCP_NODELAY)); T(put(t, IPPROTO_TCP, TCP_NODELAY, 1)); T(opt(t, IPPROTO_TCP, TCP_NODELAY)); T(opt(t, IPPROTO_TCP, TCP_KEEPIDLE)); T(opt(t, IPPROTO_TCP, TCP_KEEPCNT)); T(opt(t, IPPROTO_IP, IP_TTL)); T(put(t, IPPROTO_IP, IP_TTL, 3)); T(opt(t, IPPROTO_IP, IP_TTL)); T(opt(t, IPPROTO_IP, IP_TOS));
  T(setsockopt(t, 500, SO_OOBINLINE, &v, n)); T(setsockopt(t, IPPROTO_UDP, SO_OOBINLINE, &v, n)); T(setsockopt(t, IPPROTO_TCP, -1, &v, n)); T(setsockopt(t, IPPROTO_IP, -1, &v, n)); T(setsockopt(t, SOL_SOCKET, SO_OOBINLINE, NULL, n)); T(setsockopt(t, SOL_SOCKET, SO_OOBINLINE, &v, 0)); T(setsockopt(t, SOL_SOCKET, SO_OOBINLINE, &v, n)); T(setsockopt(file, SOL_SOCKET, SO_OOBINLINE, &v, n));
  T(getsockopt(t, 500, SO_OOBINLINE, &v, &n)); T(getsockopt(t, IPPROTO_UDP, SO_OOBINLINE, &v, &n)); T(getsockopt(t, IPPROTO_TCP, -1, &v, &n)); T(getsockopt(t, IPPROTO_IP, -1, &v, &n)); T(getsockopt(t, SOL_SOCKET, SO_OOBINLINE, (void *)8, &n)); T(getsockopt(t, SOL_SOCKET, SO_OOBINLINE, &v, (void *)8)); n = -1; T(getsockopt(t, SOL_SOCKET, SO_OOBINLINE, &v, &n)); n = 4; T(getsockopt(t, SOL_SOCKET, 9999, &v, &n));
  struct linger l = {1, 5}; T(setsockopt(t, SOL_SOCKET, SO_LINGER, &l, sizeof l)); l.l_linger = 0; n = sizeof l; T(getsockopt(t, SOL_SOCKET, SO_LINGER, &l, &n)); printf("%d %d\n", l.l_onoff, l.l_linger);
  struct ifreq r; strcpy(r.ifr_name, "lo"); T(ioctl(t, SIOCGIFFLAGS, &r)); printf("%x\n", r.ifr_flags); T(ioctl(t, SIOCGIFADDR, &r)); printf("%s\n", inet_ntoa(((struct sockaddr_in *)&r.ifr_addr)->sin_addr)); T(ioctl(t, SIOCGIFINDEX, &r)); printf("%d\n", r.ifr_ifindex); T(ioctl(t, SIOCGIFMTU, &r)); printf("%d\n", r.ifr_mtu); strcpy(r.ifr_name, "nosuch"); T(ioctl(t, SIOCGIFFLAGS, &r)); T(ioctl(t, SIOCATMARK, &v)); T(ioctl(t, 0x1234, &v));
  struct ifaddrs *all; T(getifaddrs(&all)); for (struct ifaddrs *i = all; i; i = i->ifa_next) if (!strcmp(i->ifa_name, "lo") && i->ifa_addr) printf("%s %d\n", i->ifa_name, i->ifa_addr->sa_family); printf("%d\n", if_nametoindex("lo"));
}

int main(int argc, char **argv) {
  file = open("/dev/null", O_RDWR);
  const char *what = argc > 1 ? argv[1] : "";
  if (!strcmp(what, "kinds")) kinds();
  if (!strcmp(what, "binds")) binds();
  if (!strcmp(what, "streams")) streams();
  if (!strcmp(what, "dual")) dual();
  if (!strcmp(what, "datagrams")) datagrams();
  if (!strcmp(what, "options")) options();
  return 0;
}
