/* Takes memory as fast as it can, and notes in a file that it shares how much it has; stops at a bound by itself.
   hog STATE MOST_BYTES FLOOR_KIB
   It ends at the first SIGTERM, after noting what the machine had available then. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096L
#define LOOK_EVERY (64L * 1024 * 1024)

/* Read by overshoot-round.mjs in this order. */
struct state {
  volatile int64_t taken_bytes, is_signalled, taken_at_signal_bytes, available_kib;
};

static struct state *state;

/* Only calls that a signal handler may make. */
static int64_t available_kib(void) {
  char text[512], *found;
  int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
  ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  if (length <= 0) return -1;
  text[length] = '\0';
  found = strstr(text, "MemAvailable:");
  return found == NULL ? -1 : atoll(found + strlen("MemAvailable:"));
}

static void on_signal(int signal) {
  (void)signal;
  state->is_signalled = 1;
  state->taken_at_signal_bytes = state->taken_bytes;
  state->available_kib = available_kib();
  _exit(0);
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  int64_t most = atoll(argv[2]), floor_kib = atoll(argv[3]);
  int fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (fd == -1 || ftruncate(fd, sizeof *state) == -1) {
    perror(argv[1]);
    return 1;
  }
  state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char *memory = mmap(NULL, most, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (state == MAP_FAILED || memory == MAP_FAILED) {
    perror("mmap");
    return 1;
  }
  /* Fewer and larger faults, where the kernel lets a program ask for that: the hog is as fast as one can be. */
  madvise(memory, most, MADV_HUGEPAGE);
  signal(SIGTERM, on_signal);
  for (int64_t taken = 0; taken < most; taken += PAGE) {
    memory[taken] = 1;
    state->taken_bytes = taken + PAGE;
    if (taken % LOOK_EVERY == 0 && available_kib() < floor_kib) break;
  }
  return 3;
}
