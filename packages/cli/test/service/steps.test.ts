import { MonitorError } from '@memory-monitor/core';
import { expect } from 'chai';

import { runSteps, type Step } from '#src/service/steps.js';

function noted(notes: string[], title: string, more: Partial<Step> = {}): Step {
  return {
    title,
    act: () => {
      notes.push(`act ${title}`);
      return undefined;
    },
    undo: () => {
      notes.push(`undo ${title}`);
    },
    ...more,
  };
}

const failing: Partial<Step> = {
  act: () => {
    throw new Error('the disk is full');
  },
};

function failureOf(steps: readonly Step[], print: (line: string) => void = () => undefined): MonitorError {
  try {
    runSteps(steps, print);
  } catch (error) {
    expect(error).to.be.instanceOf(MonitorError);
    return error as MonitorError;
  }
  throw new Error('it has not failed');
}

describe('installation steps', () => {
  it('are carried out in order, each with its place and what there was to say', () => {
    const lines: string[] = [];
    const notes: string[] = [];
    runSteps([noted(notes, 'one'), noted(notes, 'two', { act: () => 'kept' })], (line) => lines.push(line));
    expect(lines).to.deep.equal(['[1/2] one', '[2/2] two: kept']);
    expect(notes).to.deep.equal(['act one']);
  });

  it('are taken back in reverse when one fails, and the error names cause, deeds and the way on', () => {
    const notes: string[] = [];
    const lines: string[] = [];
    const steps = [
      noted(notes, 'one'),
      noted(notes, 'two'),
      noted(notes, 'three', failing),
      noted(notes, 'four'),
    ];
    const error = failureOf(steps, (line) => lines.push(line));
    expect(notes).to.deep.equal(['act one', 'act two', 'undo three', 'undo two', 'undo one']);
    expect(lines.at(-1)).to.equal('[3/4] three: FAILED');
    expect(error.code).to.equal('MM_ERR_INSTALL');
    expect(error.message).to.equal(
      [
        '"three" failed: the disk is full',
        '  taken back: three',
        '  taken back: two',
        '  taken back: one',
        'Mend the cause and run it again; what is left of a first installation goes with "uninstall --purge".',
      ].join('\n'),
    );
  });

  it('that can not be taken back are named, and do not keep the others from it', () => {
    const notes: string[] = [];
    const stuck = noted(notes, 'stuck', {
      undo: () => {
        throw new Error('busy');
      },
    });
    const { title, act } = noted(notes, 'kept');
    const error = failureOf([noted(notes, 'one'), stuck, { title, act }, noted(notes, 'bad', failing)]);
    expect(error.message).to.include(
      '  NOT taken back: stuck (busy)\n  taken back: one\n  left as done: kept',
    );
  });
});
