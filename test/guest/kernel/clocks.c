// Clocks that cannot be set, read or waited for, and why: nothing here changes the time.
// flags: -w
#define _GNU_SOURCE
#include <time.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "show.h"
int main(){ struct timespec bad={0,1000000000}, neg={-1,0}, ok={1,0}; struct timex t; memset(&t,0,sizeof t);
 T(clock_settime(CLOCK_REALTIME,&bad)); T(clock_settime(CLOCK_REALTIME,&neg)); T(syscall(SYS_clock_settime,0,8)); for(int i=1;i<15;i++) T(clock_settime(i,&ok)); T(clock_settime(-1,&ok)); T(clock_settime(-6,&ok));
 struct timeval tb={0,1000001}, tn={-1,0}; struct timezone z={10000,0}; T(settimeofday(&tb,0)); T(settimeofday(&tn,0)); T(syscall(SYS_settimeofday,8,0)); T(settimeofday(0,&z)); T(syscall(SYS_settimeofday,0,0));
 t.modes=ADJ_TICK; t.tick=8999; T(adjtimex(&t)); t.tick=11001; T(adjtimex(&t)); t.modes=0x8000; T(adjtimex(&t)); t.modes=ADJ_SETOFFSET; t.time.tv_usec=-1; T(adjtimex(&t)); T(syscall(SYS_adjtimex,8)); T(clock_adjtime(1,&t)); T(clock_adjtime(44,&t)); T(clock_adjtime(2,&t)); T(syscall(SYS_clock_adjtime,0,8));
 for (int i=-2;i<15;i++) { struct timespec r; printf("%d ",i); T(clock_getres(i,&r)); printf("%ld ",i<0?0:r.tv_nsec); r.tv_nsec=0; T(clock_gettime(i,&r)); r.tv_nsec=0; struct timespec z0={0,1}; if (i>2) printf("%d ", clock_nanosleep(i,0,&z0,0)); timer_t id; T(timer_create(i,0,&id)); }
 setuid(1000); T(clock_settime(CLOCK_REALTIME,&ok)); T(settimeofday(&tn,0)); tn.tv_sec=1; T(settimeofday(&tn,0)); t.modes=ADJ_TICK; t.tick=8999; T(adjtimex(&t)); t.tick=10000; T(adjtimex(&t)); t.modes=0; T(adjtimex(&t)); t.modes=ADJ_OFFSET_SS_READ; T(adjtimex(&t)); t.modes=ADJ_OFFSET_SINGLESHOT; T(adjtimex(&t)); T(settimeofday(0,&z)); 
}
