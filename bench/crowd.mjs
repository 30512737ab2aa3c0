// A machine with many processes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Starts so many processes that sleep; resolves with a function that ends them. */
export async function startCrowd(sleepers, count) {
  const crowd = spawn(sleepers, [String(count)], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(crowd.stdout, 'data');
  return async () => {
    crowd.stdin.end();
    await once(crowd, 'exit');
  };
}
