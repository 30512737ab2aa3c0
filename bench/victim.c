/* Takes memory up to just below a limit, waits, crosses the limit, and prints when it did and when SIGTERM came:
   nanoseconds of CLOCK_REALTIME.
   victim BELOW_MIB ABOVE_MIB WAIT_MS */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define MIB (1024L * 1024)

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  long below = atol(argv[1]) * MIB, above = atol(argv[2]) * MIB, wait_ms = atol(argv[3]);
  sigset_t terminate;
  sigemptyset(&terminate);
  sigaddset(&terminate, SIGTERM);
  sigprocmask(SIG_BLOCK, &terminate, NULL);
  char *memory = mmap(NULL, above, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    perror("mmap");
    return 1;
  }
  memset(memory, 1, below);
  nanosleep(&(struct timespec){wait_ms / 1000, wait_ms % 1000 * 1000000}, NULL);
  memset(memory + below, 1, above - below);
  long long crossed = now_ns();
  int signal;
  sigwait(&terminate, &signal);
  printf("%lld %lld\n", crossed, now_ns());
  return 0;
}
