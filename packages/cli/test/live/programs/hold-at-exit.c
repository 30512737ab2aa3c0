// Takes memory in a child that no signal ends: traces it, keeps SIGTERM from it, and holds it where it is about to exit, before it
// lets go of its memory. Prints the child's PID.  hold-at-exit MEGABYTES shared|private
#define _GNU_SOURCE
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static void take(size_t bytes, int sharing) {
  int protection = PROT_READ | PROT_WRITE, flags = sharing | MAP_ANONYMOUS | MAP_POPULATE;
  if (mmap(NULL, bytes, protection, flags, -1, 0) == MAP_FAILED) err(1, "mmap");
  for (;;) pause();
}

int main(int count, char **arguments) {
  if (count != 3) errx(64, "usage: hold-at-exit MEGABYTES shared|private");
  int sharing = strcmp(arguments[2], "shared") == 0 ? MAP_SHARED : MAP_PRIVATE;
  pid_t child = fork();
  if (child == 0) take((size_t)atoi(arguments[1]) << 20, sharing);
  if (ptrace(PTRACE_SEIZE, child, 0, PTRACE_O_TRACEEXIT)) err(1, "ptrace");
  printf("%d\n", child);
  fflush(stdout);
  for (int status; waitpid(child, &status, 0) == child && WIFSTOPPED(status);) {
    if (status >> 16 == PTRACE_EVENT_EXIT) {
      for (;;) pause();
    }
    int signal = WSTOPSIG(status);
    ptrace(PTRACE_CONT, child, 0, signal == SIGTERM ? 0 : signal);
  }
  return 1;
}
