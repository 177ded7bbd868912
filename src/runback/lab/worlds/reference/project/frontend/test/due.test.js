import assert from 'node:assert/strict';
import test from 'node:test';

import { dueLine } from '../public/due.js';

test('the due date is written out', () => {
  assert.equal(dueLine('Q2', { due: '2026-05-14' }), 'The report for Q2 is due on May 14, 2026.');
});
