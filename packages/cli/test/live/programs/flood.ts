// Writes more to its standard output than anybody keeps for a reader that has stalled, then a line now and then
// until its standard input ends. As `kill` lines, which are never too many.
import { writeSync } from 'node:fs';

import { LogOutput } from '#src/log/log-output.js';

const LINES = 20_000;

const settings = { logFile: '', enableSyslog: false, logFormat: 'json' } as const;
const output = await LogOutput.open(settings, () => undefined);
output.tellHeldTrouble();
for (let index = 0; index < LINES; index += 1) {
  output.logger.info({ event: 'kill', index }, 'x'.repeat(100));
}
writeSync(2, 'flooded\n');
const timer = setInterval(() => {
  output.logger.info({ event: 'kill' }, 'one more');
}, 20);
process.stdin.resume().once('end', () => {
  clearInterval(timer);
  void output.close().then(() => {
    process.exit(0);
  });
});
