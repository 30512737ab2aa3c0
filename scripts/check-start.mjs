// Does what a newcomer does first: `npm start`, a look at the first lines, Ctrl-C.
import { spawn } from 'node:child_process';

const DEADLINE_MS = 60_000;

// A process group of its own, so that SIGINT reaches npm and the monitor alike, as Ctrl-C does.
const child = spawn('npm', ['start'], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
let printed = '';
let interrupted = false;
const deadline = setTimeout(() => {
  console.error(`npm start: not done after ${DEADLINE_MS / 1000} s`);
  process.exitCode = 1;
  process.kill(-child.pid, 'SIGKILL');
}, DEADLINE_MS);

for (const stream of [child.stdout, child.stderr]) {
  stream.setEncoding('utf8').on('data', (chunk) => {
    printed += chunk;
    if (!interrupted && /Scan complete\. Scanned: \d+/.test(printed)) {
      interrupted = true;
      process.kill(-child.pid, 'SIGINT');
    }
  });
}

child.on('close', (status, signal) => {
  clearTimeout(deadline);
  // npm's own banner lines begin with "> ".
  const lines = printed.split('\n').filter((line) => line.trim() !== '' && !/^(?:> |Building it)/.test(line));
  const problems = [
    [!lines[0]?.includes('DRY RUN'), 'the first line does not say DRY RUN'],
    [!interrupted, 'no line says "Scan complete. Scanned: "'],
    [status !== 0, `after SIGINT it ended with ${signal ?? `status ${status}`} instead of status 0`],
  ].filter(([wrong]) => wrong);
  for (const [, message] of problems) console.error(`npm start: ${message}`);
  if (problems.length > 0) process.exitCode = 1;
  console.log(printed);
});
