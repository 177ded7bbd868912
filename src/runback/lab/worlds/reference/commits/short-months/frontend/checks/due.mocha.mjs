import assert from 'node:assert/strict';
import { dueLine } from '../public/due.js';

describe('dueLine', () => {
  it('names the quarter', () => assert.match(dueLine('Q3', { due: '2026-08-14' }), /Q3/));
  it('writes the month short', () => {
    assert.equal(dueLine('Q2', { due: '2026-05-14' }), 'The report for Q2 is due on 14 May 2026.');
  });
});
