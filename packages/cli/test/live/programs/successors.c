/*
 * Starts one process after the other, under PIDs that it chooses: answers each command with a line.
 *   n  ends the process and starts another under a new PID
 *   r  ends the process and starts another under the same PID
 * They block SIGTERM, so that whoever was sent one still shows it as pending. Commands come from the first argument, a FIFO, and
 * answers go to the second.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void choose(pid_t next) {
  char text[16];
  int length = snprintf(text, sizeof text, "%d", next - 1);
  int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY);
  if (fd == -1 || write(fd, text, length) != length) fail("ns_last_pid");
  close(fd);
}

static pid_t start(void) {
  pid_t pid = fork();
  if (pid == -1) fail("fork");
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) pause();
  }
  return pid;
}

static void end(pid_t pid) {
  if (pid > 0) {
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
  }
}

int main(int argc, char **argv) {
  if (argc < 3) return 64;
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  /* More than any limit of the test: copied at each fork. */
  size_t bytes = 4 << 20;
  memset(malloc(bytes), 1, bytes);
  int commands = open(argv[1], O_RDONLY), answers = open(argv[2], O_WRONLY);
  if (commands == -1 || answers == -1) fail("FIFO");
  pid_t pid = 0, first = 1000;
  char command;
  while (read(commands, &command, 1) == 1) {
    if (command == 'n') {
      end(pid);
      first = first < 30000 ? first + 10 : 1000;
      choose(first);
      pid = start();
    } else if (command == 'r') {
      end(pid);
      choose(pid);
      pid_t successor = start();
      if (successor != pid) {
        /* Somebody was faster: as if it had just gone. */
        end(successor);
        successor = 0;
      }
      pid = successor;
    } else {
      continue;
    }
    dprintf(answers, "%d\n", pid);
  }
  end(pid);
  return 0;
}
