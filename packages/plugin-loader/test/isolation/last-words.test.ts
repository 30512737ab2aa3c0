import { expect } from 'chai';

import { LastWords } from '#src/isolation/last-words.js';

/** How it ended that has told this on its standard error. */
function explained(
  told: readonly (string | Buffer)[],
  code: number | null,
  signal: NodeJS.Signals | null = null,
): string {
  const words = new LastWords();
  for (const piece of told) {
    words.push(Buffer.from(piece));
  }
  return words.explain(code, signal);
}

describe('the end of a process', () => {
  it('is its exit code, or the signal that has ended it', () => {
    expect(explained([], 0)).to.equal('it exited with code 0');
    expect(explained(['whatever\n'], 3)).to.equal('it exited with code 3');
    expect(explained([], null, 'SIGSEGV')).to.equal('it was ended by SIGSEGV');
    expect(explained([], null, 'SIGKILL')).to.equal(
      'it was killed (SIGKILL), as the kernel does when memory runs out',
    );
  });

  const OUT_OF_MEMORY = [
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    'RangeError: Array buffer allocation failed',
    "terminate called after throwing an instance of 'std::bad_alloc'",
    'Error: spawn ENOMEM',
  ];
  for (const told of OUT_OF_MEMORY) {
    it(`is that memory ran out where it has told: ${told}`, () => {
      for (const [code, signal] of [
        [1, null],
        [null, 'SIGABRT'],
        [null, 'SIGTRAP'],
      ] as const) {
        expect(explained([`${told}\n    at …\n`], code, signal)).to.equal(
          'it ran out of the memory that it may have',
        );
      }
    });
  }

  it('is that processes ran out where no thread could be started', () => {
    const told = 'node: Assertion failed: (0) == pthread_create: Resource temporarily unavailable';
    expect(explained([told], null, 'SIGABRT')).to.equal('it ran out of the processes that it may have');
  });

  it('is found in whatever pieces it was told', () => {
    const told = 'FATAL ERROR: JavaScript heap out of memory';
    expect(explained(told.split(''), null, 'SIGABRT')).to.match(/ran out of the memory/);
  });

  it('is nothing that was told long before, nor what one that ends well has told', () => {
    const told = 'Error: spawn ENOMEM\n';
    expect(explained([told, 'x'.repeat(5000)], 1)).to.equal('it exited with code 1');
    expect(explained([told], 0)).to.equal('it exited with code 0');
  });
});
