import { ERROR_CODES, type ErrorCode } from '@memory-monitor/core';
import { expect } from 'chai';

import { exitCodeOf } from '#src/exit-codes.js';

/** sysexits.h, as far as it is used here. */
const SYSEXITS = [64, 66, 69, 70, 77, 78];

describe('exitCodeOf', () => {
  it('gives every error code an exit status of sysexits.h', () => {
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      expect(SYSEXITS, code).to.include(exitCodeOf(code));
    }
  });

  it('tells usage, configuration, permission and faults of the monitor apart', () => {
    const codes: ErrorCode[] = [
      'MM_ERR_USAGE',
      'MM_ERR_CONFIG_NOT_FOUND',
      'MM_ERR_CONFIG_UNREADABLE',
      'MM_ERR_CONFIG_INVALID',
      'MM_ERR_PROC_FOREIGN',
      'MM_ERR_INTERNAL',
    ];
    expect(codes.map(exitCodeOf)).to.deep.equal([64, 66, 77, 78, 69, 70]);
  });
});
