/* Starts as many processes as it is told to, all asleep, and ends them when its standard input is closed. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv) {
  long count = argc > 1 ? atol(argv[1]) : 0;
  pid_t starter = getpid();
  for (long i = 0; i < count; i++) {
    pid_t pid = fork();
    if (pid == -1) {
      perror("fork");
      return 1;
    }
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != starter) return 0;
      for (;;) pause();
    }
  }
  puts("ready");
  fflush(stdout);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  return 0;
}
